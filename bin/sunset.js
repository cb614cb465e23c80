#!/usr/bin/env node
// Runs the TypeScript as it is, so that a clone needs no build after `npm ci`.
require('tsx/cjs');
require('../cli/sunset.ts');

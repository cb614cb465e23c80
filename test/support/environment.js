/**
 * Jest's environment for Node.js, which leaves no AsyncLocalStorage behind. Up to Node.js 22 each one that was
 * ever used takes part in every promise of the process until it is disabled, and nothing disables those of
 * Temporal's SDK and of jest itself: after fifty test files in one worker most of its time went there.
 */
const { AsyncLocalStorage } = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

const used = new Set();
for (const name of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[name];
  AsyncLocalStorage.prototype[name] = function (...args) {
    used.add(this);
    return original.apply(this, args);
  };
}

module.exports = class extends TestEnvironment {
  async teardown() {
    await super.teardown();
    for (const storage of used) storage.disable();
    used.clear();
  }
};

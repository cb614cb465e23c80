/**
 * Brings up PostgreSQL and Temporal for a newcomer and for tests: real ones, on this machine, without
 * containers.
 */

export { EmbeddedError } from './errors';
export { type EmbeddedPostgres, rememberedPostgres, startPostgres } from './postgres';
export { lockDataFolder } from './process/lock';
export { killStarted, stopStarted } from './process/started';
export { consoleProgress, during, type Progress } from './progress';
export { type EmbeddedTemporal, startTemporal } from './temporal';
export { type Connecting, rememberedTemporal } from './temporal/client';
export { ensureExistingNamespace } from './temporal/existing';

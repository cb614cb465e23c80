/** Brings up PostgreSQL and Temporal for a newcomer and for tests: real ones, on this machine, without containers. */

export { EmbeddedError } from './errors';
export { type EmbeddedPostgres, type PostgresOptions, rememberedPostgres, startPostgres } from './postgres';
export { killStarted, stopStarted } from './process/charges';
export type { Watcher } from './process/keep-up';
export { type Lock, lockDataFolder } from './process/lock';
export { consoleProgress, type Progress } from './progress';
export { type EmbeddedTemporal, startTemporal, type TemporalOptions } from './temporal';
export type { SearchAttributeKind } from './temporal/check';
export { type Connecting, rememberedTemporal } from './temporal/client';
export { ensureExistingNamespace } from './temporal/existing';

/** Brings up PostgreSQL and Temporal for a newcomer and for tests: real ones, on this machine, without containers. */

export { killStarted, stopStarted } from './charges';
export { EmbeddedError } from './errors';
export type { Watcher } from './keep-up';
export { type Lock, lockDataFolder } from './lock';
export { type EmbeddedPostgres, type PostgresOptions, rememberedPostgres, startPostgres } from './postgres';
export { consoleProgress, type Progress } from './progress';
export { type Connecting, type EmbeddedTemporal, startTemporal, type TemporalOptions } from './temporal';
export type { SearchAttributeKind } from './temporal-check';
export { rememberedTemporal } from './temporal-client';
export { ensureExistingNamespace } from './temporal-existing';

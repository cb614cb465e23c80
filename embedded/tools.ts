/** What `npm run cluster` builds on, which starts other servers in the same ways as this room does. */

export { type StopPlan, stopProcess } from './charges';
export { cacheFolder, makeFolder, openDataFolder } from './folders';
export { ensureBuilt } from './go-build';
export { type Launched, launch } from './launch';
export { choosePorts, isPortOpen, LOOPBACK } from './ports';
export type { ClusterState } from './postgres-cluster';
export { asSuperuser } from './postgres-roles';
export { processIdentity, until } from './processes';
export { during } from './progress';
export { run } from './run';
export { readState, writeState } from './state';
export { temporalAnswers } from './temporal-check';
export { uiSetup } from './temporal-config';
export { SERVER, SQL_TOOL, WEB_UI } from './temporal-program';

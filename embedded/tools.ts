/** What `npm run cluster` builds on, which starts other servers in the same ways as this room does. */

export { lastLines } from './errors';
export { cacheFolder, makeFolder, openDataFolder } from './folders';
export type { ClusterState } from './postgres/cluster';
export { asSuperuser } from './postgres/roles';
export { type Launched, launch } from './process/launch';
export { choosePorts, LOOPBACK } from './process/ports';
export { run } from './process/run';
export { type StopPlan, stopProcess } from './process/started';
export { whyNotUp, writeFiles } from './process/supervisor';
export { processIdentity } from './process/table';
export { during } from './progress';
export { readState, writeState } from './state';
export { isTemporalUp } from './temporal/check';
export { uiSetup } from './temporal/config';
export { ensureBuilt } from './temporal/go-build';
export { SERVER, SQL_TOOL, WEB_UI } from './temporal/program';

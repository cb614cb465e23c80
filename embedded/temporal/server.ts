import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StopPlan, stopProcess } from '../process/started';
import type { Server, Setup } from '../process/supervisor';
import { commandLine, processIdentity } from '../process/table';
import { readState, writeState } from '../state';

/** One of Temporal's processes. */
export interface TemporalProcess<Port extends string> {
  /** In file names: `server.log`, `server.pid`, `server.json` (its ports). */
  name: string;
  title: string;
  /** Absolute, and there; part of its command line, or of its files. */
  folder: string;
  ports: readonly Port[];
  listensOn?: readonly Port[];
  setup: (ports: Record<Port, number>) => Setup;
  answers: (ports: Record<Port, number>) => Promise<boolean>;
  env: NodeJS.ProcessEnv;
}

const STOP_PLAN: StopPlan = [
  ['SIGTERM', 15_000],
  ['SIGKILL', 2000],
];

/** TEMPORAL_… in the caller's environment is meant for clients, and would change what a server does. */
function serverEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

function readPid(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

/** The process that an earlier start noted, if it is alive and still ours: pids come again. */
function orphanOf(name: string, folder: string): number | undefined {
  const pid = readPid(join(folder, `${name}.pid`));
  const isOurs = pid > 0 && processIdentity(pid) !== undefined && commandLine(pid)?.includes(folder);
  return isOurs ? pid : undefined;
}

/** Stops the process of an earlier start that this one has no use for. */
export async function stopLeftover(name: string, folder: string): Promise<void> {
  const pid = orphanOf(name, folder);
  if (pid !== undefined) await stopProcess(pid, STOP_PLAN);
}

/** A service as the supervisor runs it. */
export function temporalServer<Port extends string>(service: TemporalProcess<Port>): Server<Port> {
  const { name, folder, env, ...rest } = service;
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  const remembered = (): Record<Port, number> | undefined => readState(at('json'));
  return {
    ...rest,
    data: folder,
    remembered,
    remember: (ports) => writeState(at('json'), ports),
    orphan: () => {
      const pid = orphanOf(name, folder);
      return pid === undefined ? undefined : { pid, ports: remembered() };
    },
    retryOn: /address already in use|can't (set|use) .*port/i,
    launch: { logFile: at('log'), pidFile: at('pid'), env: serverEnv(env), stopPlan: STOP_PLAN },
  };
}

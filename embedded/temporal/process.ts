import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedError, knownTrouble, lastLines } from '../errors';
import { makeFolder, PRIVATE } from '../folders';
import { type StopPlan, stopProcess, takeCharge } from '../process/charges';
import { type Launched, launch } from '../process/launch';
import { choosePorts, freed } from '../process/ports';
import { commandLine, processIdentity, until } from '../process/table';
import { during, type Progress } from '../progress';
import { readState, writeState, writeWhole } from '../state';
import type { Setup } from './config';

/** One of Temporal's processes, and how to run it. */
export interface Service<Port extends string> {
  /** In file names: `server.log`, `server.pid`, `server.json` (its ports). */
  name: string;
  title: string;
  /** Absolute; part of its command line, or of its files. */
  folder: string;
  ports: readonly Port[];
  /** Those of them on which the process itself listens; default: all. */
  listensOn?: readonly Port[];
  setup: (ports: Record<Port, number>) => Setup;
  /** Whether it does its work. */
  answers: (ports: Record<Port, number>) => Promise<boolean>;
  env: NodeJS.ProcessEnv;
}

export interface RunningService<Port extends string> {
  pid: number;
  ports: Record<Port, number>;
  stop: () => Promise<void>;
}

const STOP_PLAN: StopPlan = [
  ['SIGTERM', 15_000],
  ['SIGKILL', 2000],
];
const READY_LIMIT_MS = 90_000;
const ORPHAN_ANSWER_LIMIT_MS = 5000;
const ATTEMPTS = 4;

const at = (service: Pick<Service<string>, 'name' | 'folder'>, ending: string) => join(service.folder, `${service.name}.${ending}`);

/** TEMPORAL_… in the caller's environment is meant for clients, and would change what a server does. */
function serverEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

const textOf = (file: string) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** The process that an earlier start noted, if it is alive and still ours: pids come again. */
function orphanOf(service: Pick<Service<string>, 'name' | 'folder'>): number | undefined {
  const pid = Number(textOf(at(service, 'pid')));
  if (!pid || processIdentity(pid) === undefined || !commandLine(pid)?.includes(service.folder)) return undefined;
  return pid;
}

/** Takes over a process that outlived its Sunset (kill -9), if it runs as we would run it and answers; stops it otherwise. */
async function adoptOrphan<Port extends string>(
  service: Service<Port>,
  remembered: Record<Port, number> | undefined,
  report: Progress,
): Promise<RunningService<Port> | undefined> {
  const pid = orphanOf(service);
  if (pid === undefined) return undefined;
  return during(report, `${service.title} of an earlier start still runs (process ${pid})`, async (note) => {
    if (remembered) {
      const { command, args, files } = service.setup(remembered);
      const asWeWould =
        commandLine(pid) === [command, ...args].join(' ') && Object.entries(files).every(([file, text]) => textOf(file) === text);
      if (asWeWould && (await until(() => service.answers(remembered), ORPHAN_ANSWER_LIMIT_MS, 100))) {
        report(`${service.title} answers: adopted, with all its data`);
        return { pid, ports: remembered, stop: takeCharge(pid, STOP_PLAN) };
      }
    }
    note('stopping it');
    await stopProcess(pid, STOP_PLAN);
    return undefined;
  });
}

/** Whether it came up; when it ended instead, whether other ports may help. */
async function comesUp(service: Service<string>, running: Launched, answers: () => Promise<boolean>): Promise<'up' | 'again'> {
  let up = false;
  const settled = async () => {
    if (running.ended() !== undefined) return true;
    up = await answers();
    return up;
  };
  await until(settled, READY_LIMIT_MS);
  if (up && running.ended() === undefined) return 'up';
  const how = running.ended() ?? 'no answer';
  const output = running.output();
  await running.stop();
  if (/address already in use|can't (set|use) .*port/i.test(output)) return 'again';
  throw new EmbeddedError(
    `${service.title} did not come up (${how}):\n${lastLines(output).slice(-2000)}`,
    knownTrouble(output) ?? `see ${at(service, 'log')}; its data is in ${service.folder}`,
  );
}

/** Stops the process of an earlier start that this one has no use for. */
export async function stopOrphan(service: Pick<Service<string>, 'name' | 'folder'>): Promise<void> {
  const pid = orphanOf(service);
  if (pid !== undefined) await stopProcess(pid, STOP_PLAN);
}

/** Starts one on these ports, or on no others at all (undefined when they were taken meanwhile). */
async function startOn<Port extends string>(
  service: Service<Port>,
  ports: Record<Port, number>,
  report: Progress,
): Promise<RunningService<Port> | undefined> {
  const { command, args, files } = service.setup(ports);
  for (const [file, text] of Object.entries(files)) {
    makeFolder(dirname(file), PRIVATE);
    writeWhole(file, text);
  }
  writeState(at(service, 'json'), ports); // before the start: the next one must know an orphan of this one
  rmSync(at(service, 'pid'), { force: true });
  const options = { logFile: at(service, 'log'), pidFile: at(service, 'pid'), env: serverEnv(service.env), stopPlan: STOP_PLAN };
  const running = await launch(command, args, options);
  const outcome = await during(report, `starting ${service.title}`, () => comesUp(service, running, () => service.answers(ports)));
  return outcome === 'up' ? { pid: running.pid, ports, stop: running.stop } : undefined;
}

/**
 * Starts one that has ended once more, on the ports where its clients look for it.
 * @throws EmbeddedError when it does not come up there
 */
export async function bringBack<Port extends string>(service: Service<Port>, ports: Record<Port, number>): Promise<RunningService<Port>> {
  const own = (service.listensOn ?? service.ports).map((name) => ports[name]);
  await freed(service.title, own);
  const back = await startOn(service, ports, () => {});
  if (back) return back;
  throw new EmbeddedError(`a port of ${service.title} is taken by another program`, 'stop that program, or start Sunset again');
}

/**
 * Brings up one service: adopts the process of an earlier start, or starts one on its remembered ports, or on others when those are taken.
 * @throws EmbeddedError when it does not come up.
 */
export async function bringUp<Port extends string>(service: Service<Port>, report: Progress): Promise<RunningService<Port>> {
  makeFolder(service.folder, PRIVATE);
  const remembered = readState<Record<Port, number>>(at(service, 'json'));
  const adopted = await adoptOrphan(service, remembered, report);
  if (adopted) return adopted;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const ports = await choosePorts(service.ports, attempt === 1 ? remembered : undefined);
    if (remembered && service.ports.some((name) => ports[name] !== remembered[name]))
      report(`a port is taken by another program: ${service.title} gets new ones`);
    const running = await startOn(service, ports, report);
    if (running) return running;
  }
  throw new EmbeddedError(
    `${service.title} did not come up in ${ATTEMPTS} tries: its ports were taken each time`,
    `look for processes with ${service.folder} in their command line, and stop them`,
  );
}

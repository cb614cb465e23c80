/**
 * Brings up a server, one of an earlier start if that still runs, keeps it up, and stops it: the same for
 * PostgreSQL and Temporal.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError, knownTrouble, lastLines } from '../errors';
import { makeFolder, PRIVATE } from '../folders';
import { during, type Progress } from '../progress';
import { writeWhole } from '../state';
import { keepUp, type Watcher } from './keep-up';
import { type LaunchOptions, launch } from './launch';
import { choosePorts, freed, isPortFree } from './ports';
import { noteStarted, stopProcess } from './started';
import { commandLine, processIdentity, until } from './table';

/** What a process is started with. Two of the same text are the same: by that an orphan is adopted or not. */
export interface Setup {
  command: string;
  args: string[];
  /** Configuration files by path, as they must be on disk. */
  files: Record<string, string>;
}

type Ports<Port extends string> = Record<Port, number>;

/** A process that outlived its Sunset (kill -9). */
export interface Orphan<Port extends string> {
  pid: number;
  /** Undefined when nobody noted them. */
  ports: Ports<Port> | undefined;
}

/** A server, and how to run it. */
export interface Server<Port extends string> {
  title: string;
  /** Where its data is; for messages. */
  data: string;
  ports: readonly Port[];
  /** Those of them on which the process itself listens; default: all. */
  listensOn?: readonly Port[];
  /** The ports that it had last. */
  remembered: () => Ports<Port> | undefined;
  remember: (ports: Ports<Port>) => void;
  setup: (ports: Ports<Port>) => Setup;
  /**
   * Whether it does its work. @throws when what answers there is not ours, and will not be; the message says
   * why
   */
  answers: (ports: Ports<Port>) => Promise<boolean>;
  orphan: () => Orphan<Port> | undefined;
  /** Takes away what a killed one has left in the way of the next; called before each start. */
  clear?: () => void;
  /** What it says when it did not come up, and another try, perhaps on other ports, may help. */
  retryOn: RegExp;
  launch: LaunchOptions;
}

interface Running<Port extends string> {
  pid: number;
  ports: Ports<Port>;
  stop: () => Promise<void>;
}

export interface Supervised<Port extends string> {
  /** Of the process that runs now. */
  readonly pid: number;
  ports: Ports<Port>;
  /** It was running already: its Sunset had been killed. */
  adopted: boolean;
  /** Starts it again when it ends by itself, until `stop`, or until what is answered is called. */
  keepUp(watcher: Watcher): () => Promise<void>;
  /** Resolves when it is gone. May be called again. */
  stop(): Promise<void>;
}

/** Recovery after a crash may take its time. */
const READY_LIMIT_MS = 120_000;
const ORPHAN_ANSWER_LIMIT_MS = 5000;
const ATTEMPTS = 5;
const PAUSE_MS = 500;
const NO_ANSWER = 'no answer';

/**
 * Waits until a server answers; undefined when it does, else why it does not. One that has ended has left its
 * port to another program, whose answer is worth nothing.
 */
export async function whyNotUp(
  ended: () => string | undefined,
  answers: () => Promise<boolean>,
  limitMs = READY_LIMIT_MS,
): Promise<string | undefined> {
  let why: string | undefined = NO_ANSWER;
  const settled = async (): Promise<boolean> => {
    if (ended() !== undefined) return true;
    why = await answers().then(
      (yes) => (yes ? undefined : NO_ANSWER),
      (error: Error) => error.message,
    );
    return why !== NO_ANSWER;
  };
  await until(settled, limitMs);
  return ended() ?? why;
}

/** Puts the configuration of a server where it reads it. */
export function writeFiles({ files }: Setup): void {
  for (const [file, text] of Object.entries(files)) {
    makeFolder(dirname(file), PRIVATE);
    writeWhole(file, text);
  }
}

function isAsSetUp(pid: number, { command, args, files }: Setup): boolean {
  const isSame = ([file, text]: [string, string]): boolean => {
    try {
      return readFileSync(file, 'utf8') === text;
    } catch {
      return false;
    }
  };
  return commandLine(pid) === [command, ...args].join(' ') && Object.entries(files).every(isSame);
}

/** Takes over an orphan if it runs as we would run it, and answers; stops it otherwise. */
async function adopt<Port extends string>(
  server: Server<Port>,
  report: Progress,
): Promise<Running<Port> | undefined> {
  const orphan = server.orphan();
  if (!orphan) return undefined;
  const { pid, ports } = orphan;
  const { title, launch } = server;
  return during(report, `${title} of an earlier start still runs (process ${pid})`, async (note) => {
    const ended = () => (processIdentity(pid) === undefined ? 'it has ended' : undefined);
    const isOurs = async (at: Ports<Port>): Promise<boolean> =>
      isAsSetUp(pid, server.setup(at)) &&
      (await whyNotUp(ended, () => server.answers(at), ORPHAN_ANSWER_LIMIT_MS)) === undefined;
    if (ports && (await isOurs(ports))) {
      report(`${title} answers: adopted, with all its data`);
      server.remember(ports);
      return { pid, ports, stop: noteStarted(pid, launch.stopPlan) };
    }
    note('stopping it');
    await stopProcess(pid, launch.stopPlan);
    return undefined;
  });
}

/** Starts it on these ports; undefined when it did not come up there for a reason that may pass. */
async function startOn<Port extends string>(
  server: Server<Port>,
  ports: Ports<Port>,
  report: Progress,
): Promise<Running<Port> | undefined> {
  const { title, data } = server;
  const setup = server.setup(ports);
  writeFiles(setup);
  server.remember(ports); // before the start: the next one must know an orphan of this one
  const { pid, stop, ended, output } = await launch(setup.command, setup.args, server.launch);
  const why = await during(report, `starting ${title}`, () => whyNotUp(ended, () => server.answers(ports)));
  if (why === undefined) return { pid, ports, stop };
  const words = output();
  await stop();
  if (server.retryOn.test(words)) return undefined;
  throw new EmbeddedError(
    `${title} did not come up (${why}):\n${lastLines(words).slice(-2000)}`,
    knownTrouble(words) ?? `see ${server.launch.logFile}; its data is in ${data}`,
  );
}

/** The remembered ports, or, when another program has one of them, new ones. */
async function portsFor<Port extends string>(
  { title, ports: names }: Server<Port>,
  remembered: Ports<Port> | undefined,
  report: Progress,
): Promise<Ports<Port>> {
  const ports = await choosePorts(names, remembered);
  for (const name of names) {
    const old = remembered?.[name];
    if (old !== undefined && old !== ports[name] && !(await isPortFree(old)))
      report(`port ${old} is taken by another program: ${title} gets ${ports[name]}`);
  }
  return ports;
}

/** @param only the ports that alone will do: those of a server that ended, whose clients look for it there */
async function start<Port extends string>(
  server: Server<Port>,
  report: Progress,
  only?: Ports<Port>,
): Promise<Running<Port>> {
  const { title, data, listensOn = server.ports } = server;
  const remembered = only ?? server.remembered();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    server.clear?.();
    if (only)
      await freed(
        title,
        listensOn.map((name) => only[name]),
      );
    const ports = only ?? (await portsFor(server, attempt === 1 ? remembered : undefined, report));
    const running = await startOn(server, ports, report);
    if (running) return running;
    await sleep(PAUSE_MS);
  }
  throw new EmbeddedError(
    `${title} did not come up in ${ATTEMPTS} tries: its ports were taken, or what an earlier one left would not end`,
    `look for processes with ${data} in their command line, and stop them`,
  );
}

/**
 * Brings a server up: adopts the process of an earlier start, or starts one on its remembered ports, or on
 * others when those are taken.
 * @throws EmbeddedError when it does not come up, with what to do
 */
export async function supervise<Port extends string>(
  server: Server<Port>,
  report: Progress,
): Promise<Supervised<Port>> {
  const adopted = await adopt(server, report);
  let running = adopted ?? (await start(server, report));
  const { ports } = running;
  let leave = async (): Promise<void> => {};
  const again = async (): Promise<void> => {
    running = await start(server, () => {}, ports);
  };
  return {
    ports,
    adopted: adopted !== undefined,
    get pid() {
      return running.pid;
    },
    keepUp: (watcher) => {
      leave = keepUp({ title: server.title, pid: () => running.pid, again }, watcher);
      return leave;
    },
    stop: async () => {
      const left = leave();
      await running.stop();
      await left;
      await running.stop(); // one that was being started
    },
  };
}

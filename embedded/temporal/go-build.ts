import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError, knownTrouble, lastLines } from '../errors';
import { findOnPath, makeFolder } from '../folders';
import { holderOf, type Lock, tryLock } from '../process/lock';
import { run } from '../process/run';
import { during, type Progress } from '../progress';

/** A program that is built from Go modules, once per version. */
export interface GoProgram {
  /**
   * Of the built file. Go names it after the last part of the module path, and two of ours end in `server`.
   */
  name: string;
  title: string;
  version: string;
  module: string;
  takes: string;
  goMinimum: string;
}

export interface BuildPlace {
  env: NodeJS.ProcessEnv;
  cache: string;
  report: Progress;
}

const WAIT_FOR_OTHER_MS = 500;
/** A line of `go install -v`: a package that is done. */
const PACKAGE = /^[\w.-]+(\/[\w.@-]+)*$/;

/** Where the program is when it has been built. */
export function builtProgram({ name, version }: GoProgram, cache: string): string {
  return join(cache, `${name}-${version}-${process.platform}-${process.arch}`, name);
}

/** Waits for its turn; two builds at the same time would only take twice as long. */
async function takeTurn(file: string, title: string, report: Progress): Promise<Lock> {
  const lock = tryLock(file);
  if (lock) return lock;
  return during(
    report,
    `another process (${holderOf(file) ?? '?'}) is building ${title}: waiting for it`,
    async () => {
      for (;;) {
        await sleep(WAIT_FOR_OTHER_MS);
        const turn = tryLock(file);
        if (turn) return turn;
      }
    },
  );
}

/** Turns what the go command says into what it means. */
function failure(program: GoProgram, go: string, output: string): EmbeddedError {
  const { title, version, goMinimum } = program;
  const words = lastLines(
    output
      .split('\n')
      .filter((line) => !PACKAGE.test(line))
      .join('\n'),
    6,
  );
  const required = /requires go >= ?([\d.]+)/.exec(output)?.[1];
  if (required !== undefined || /invalid go version|toolchain not available|unknown directive/.test(output)) {
    const running = /running go ([\d.]+)/.exec(output)?.[1];
    return new EmbeddedError(
      `the Go at ${go}${running ? ` (${running})` : ''} is too old to build ${title} ${version}`,
      `install Go ≥ ${required ?? goMinimum} from https://go.dev/dl`,
    );
  }
  const trouble = knownTrouble(output);
  if (trouble)
    return new EmbeddedError(
      `${title} ${version} could not be built:\n${words}`,
      `${trouble} (a build needs about 4 GB of disk and 2 GB of memory)`,
    );
  if (
    /dial tcp|no such host|connection refused|i\/o timeout|proxyconnect|TLS handshake|lookup .*:|Forbidden|module lookup disabled/.test(
      output,
    )
  ) {
    return new EmbeddedError(
      `the Go modules of ${title} ${version} could not be downloaded:\n${words}`,
      'connect to the network (Go downloads modules from its GOPROXY) and start again: what has arrived is kept',
    );
  }
  return new EmbeddedError(`${title} ${version} could not be built:\n${words}`, 'see the words of go above');
}

/** What go is at, from its own lines: a module that it fetches, a package that it compiles. */
function counter(note: (text: string) => void): (text: string) => void {
  let modules = 0;
  let packages = 0;
  return (text) => {
    for (const line of text.split('\n')) {
      if (line.startsWith('go: downloading')) modules += 1;
      else if (PACKAGE.test(line)) packages += 1;
    }
    note(packages > 0 ? `packages compiled: ${packages}` : `modules downloaded: ${modules}`);
  };
}

async function install(
  program: GoProgram,
  go: string,
  folder: string,
  { env, report }: BuildPlace,
): Promise<void> {
  const { title, version, module, takes } = program;
  const { GOOS: _os, GOARCH: _arch, ...kept } = env; // a cross build goes elsewhere than GOBIN
  const goEnv = { ...kept, HOME: env.HOME || homedir(), GOBIN: folder };
  const words = ['install', '-v', '-ldflags=-s -w', `${module}@v${version}`];
  await during(report, `building ${title} ${version} from Go modules (once, ${takes})`, async (note) => {
    let outcome = await run(go, words, { env: goEnv, cwd: folder, onOutput: counter(note) });
    // A C compiler without the C library's headers: Go needs neither.
    if (outcome.code !== 0 && /cgo|stdlib\.h|gcc|clang/.test(outcome.output)) {
      outcome = await run(go, words, {
        env: { ...goEnv, CGO_ENABLED: '0' },
        cwd: folder,
        onOutput: counter(note),
      });
    }
    if (outcome.code !== 0) throw failure(program, go, outcome.output);
  });
}

/**
 * Builds a program with the Go toolchain into the cache folder; what is there is whole.
 * @throws EmbeddedError when there is no Go, no network, no space, or the build fails.
 */
export async function buildOnce(program: GoProgram, place: BuildPlace): Promise<string> {
  const { env, cache, report } = place;
  const built = builtProgram(program, cache);
  const go = await findOnPath('go', env);
  if (!go)
    throw new EmbeddedError(
      `${program.title} has to be built, and Go is not installed`,
      `install Go ≥ ${program.goMinimum} from https://go.dev/dl`,
    );
  makeFolder(cache);
  const turn = await takeTurn(join(cache, `${program.name}-${program.version}.lock`), program.title, report);
  const prefix = `.building-${program.name}-`;
  const folder = join(cache, `${prefix}${process.pid}`);
  try {
    if (existsSync(built)) return built;
    for (const name of await readdir(cache))
      if (name.startsWith(prefix)) await rm(join(cache, name), { recursive: true, force: true });
    await mkdir(folder);
    await install(program, go, folder, place);
    await rename(join(folder, basename(program.module)), join(folder, program.name));
    await rename(folder, dirname(built));
    return built;
  } finally {
    await rm(folder, { recursive: true, force: true });
    turn.release();
  }
}

/** Where the program is, built if it has not been yet. */
export async function ensureBuilt(program: GoProgram, place: BuildPlace): Promise<string> {
  const built = builtProgram(program, place.cache);
  return existsSync(built) ? built : buildOnce(program, place);
}

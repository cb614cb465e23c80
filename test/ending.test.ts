/**
 * Ends and restarts without servers: each part within its time, a worker and a server that fail started
 * again, and not for ever.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepWorker, WorkerLost } from '../cli/process/keep-worker';
import { Components } from '../cli/process/parts';
import { lockDataFolder } from '../embedded';
import { closeDataFolder } from '../embedded/modes';
import { keepUp } from '../embedded/process/keep-up';
import { launch } from '../embedded/process/launch';
import { until } from '../embedded/process/table';
import type { RunningWorker } from '../worker';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sunset-ending-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('stopping', () => {
  it('leaves a part that takes too long, says which, and stops the others in the reverse order', async () => {
    const parts = new Components();
    const stopped: string[] = [];
    const note = (name: string) => async () => void stopped.push(name);
    parts.addLast(note('lock'));
    parts.add('first', note('first'));
    parts.add('broken', async () => {
      throw new Error('it broke');
    });
    parts.add('stuck', () => new Promise(() => {}), 100);
    parts.addFirst('requests', note('requests'));
    parts.add('last', note('last'));
    const ending = parts.stop();
    expect(parts.isStopping).toBe(true);
    await until(() => parts.stopping === 'stuck', 1000, 5);
    expect(parts.stopping).toBe('stuck');
    expect(await ending).toEqual(['stuck: not stopped within 0 s, left as it is', 'broken: it broke']);
    expect(stopped).toEqual(['requests', 'last', 'first', 'lock']);
    expect(await parts.stop()).toHaveLength(2);
  });

  it('kills a server that does not end, within the whole of its time', async () => {
    const logFile = join(folder, 'stubborn.log');
    const { pid } = await launch('/bin/sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], {
      ...{ logFile, env: { PATH: process.env.PATH } },
      stopPlan: [
        ['SIGTERM', 60_000],
        ['SIGKILL', 1000],
      ],
    });
    expect(await until(() => statSync(logFile).size > 0, 5000)).toBe(true);
    const begun = Date.now();
    const late = await new Components().stop(100);
    expect(late).toEqual([expect.stringContaining('killed')]);
    expect(Date.now() - begun).toBeLessThan(10_000);
    // It has been killed; that its end is noticed may take a moment longer.
    expect(await until(() => !isThere(pid), 5000)).toBe(true);
  }, 20_000);
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a worker that fails', () => {
  const failing = (): RunningWorker => ({
    finished: Promise.reject(new Error('no polls')),
    isPolling: () => false,
    stop: async () => {},
  });

  it('is started again, and when that does not help the end says what to do', async () => {
    const said: string[] = [];
    let starts = 0;
    const start = async () => {
      starts += 1;
      if (starts === 2) throw new Error('no server');
      return failing();
    };
    const { lost } = await keepWorker(start, {
      say: (text) => said.push(text),
      isEnding: () => false,
      backoffMs: [1, 1, 1],
    });
    const error = await lost.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerLost);
    expect([starts, (error as WorkerLost).message]).toEqual([4, 'The worker has failed 4 times: no polls']);
    expect((error as WorkerLost).next).toContain('start Sunset again');
    expect(said).toContain('the worker has failed (no server): starting it again');
  });

  it('is left alone when everything is being stopped', async () => {
    let starts = 0;
    const start = async () => {
      starts += 1;
      return failing();
    };
    const { lost } = await keepWorker(start, { say: () => {}, isEnding: () => true, backoffMs: [1] });
    expect(await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 50, 'pending'))])).toBe(
      'pending',
    );
    expect(starts).toBe(1);
  });
});

describe('a server that ends', () => {
  const sleeper = (): ChildProcess => spawn('sleep', ['600'], { stdio: 'ignore' });

  it('is told and started again; one that can not be is lost, with what to do', async () => {
    const said: string[] = [];
    let child = sleeper();
    let tries = 0;
    const again = async () => {
      tries += 1;
      if (tries === 1) throw new Error('its port is taken');
      child = sleeper();
    };
    const leave = keepUp(
      { title: 'It', pid: () => child.pid!, again },
      { say: (text) => said.push(text), onLost: (e) => said.push(e.next) },
    );
    const first = child.pid;
    child.kill('SIGKILL');
    expect(await until(() => said.some((text) => text.includes('is up again')), 10_000)).toBe(true);
    expect(said[0]).toBe(
      `It has ended (process ${first}), and nobody here has stopped it: starting it again`,
    );
    expect(said[1]).toBe('It could not be started: its port is taken');
    expect(said[2]).toMatch(new RegExp(`^It is up again \\(process ${child.pid}\\) after \\d+\\.\\d s$`));
    await leave();
    child.kill('SIGKILL');
    await until(() => said.length > 3, 1000);
    expect(said).toHaveLength(3);
  }, 20_000);
});

describe('a data folder of an older version', () => {
  const mode = (path: string): number => statSync(path).mode & 0o777;

  it('is closed to other users; one with other things in it keeps its own mode', () => {
    const old = join(folder, 'old');
    mkdirSync(join(old, 'temporal', 'ui'), { recursive: true });
    for (const name of ['temporal/server.db', 'temporal/ui/sunset.yaml', 'operator.key', 'postgres.json'])
      writeFileSync(join(old, name), 'x');
    for (const path of [old, join(old, 'temporal'), join(old, 'temporal', 'ui')]) chmodSync(path, 0o755);
    closeDataFolder(old, undefined);
    expect(['', 'temporal', 'temporal/ui'].map((path) => mode(join(old, path)))).toEqual([
      0o700, 0o700, 0o700,
    ]);
    expect(
      ['temporal/server.db', 'temporal/ui/sunset.yaml', 'operator.key'].map((path) => mode(join(old, path))),
    ).toEqual([0o600, 0o600, 0o600]);

    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    writeFileSync(join(shared, 'theirs.txt'), 'x', { mode: 0o644 });
    lockDataFolder(shared);
    closeDataFolder(shared, undefined);
    expect([mode(shared), mode(join(shared, 'theirs.txt')), mode(join(shared, 'lock'))]).toEqual([
      0o755, 0o644, 0o600,
    ]);
    expect(existsSync(join(shared, 'lock'))).toBe(true);
  });
});

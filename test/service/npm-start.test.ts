/**
 * `npm start` as people run and end it: parts that are killed come back, and an end leaves no process and no
 * port.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cvmPostpaid, expectStatus, newId, register, until } from '../support/lives';
import { type Started, startNpm } from '../support/npm-start';

const SLOW_MS = 240_000;
const END_LIMIT_MS = 40_000;
const started: Started[] = [];
afterAll(() => {
  for (const one of started) one.remove();
});

async function start(...ask: Parameters<typeof startNpm>): Promise<Started> {
  const one = await startNpm(...ask);
  started.push(one);
  return one;
}

/** Nothing is left of it, neither a process nor the folder's lock. */
async function expectGone({ left, dataFolder, output }: Started): Promise<void> {
  await until(async () => left().length === 0, 'its end', END_LIMIT_MS).catch(() => {});
  expect([left(), output().includes('stopping')]).toEqual([[], true]);
  expect(existsSync(join(dataFolder, 'lock'))).toBe(false);
}

const pidIn = (folder: string, file: string): number =>
  Number(readFileSync(join(folder, file), 'utf8').split('\n')[0]);

it(
  'a part that is killed is told and comes back where it was, and commands work after it; SIGTERM of npm ends all',
  async () => {
    const one = await start(['npm', 'start']);
    const { http, dataFolder, output, child } = one;
    const id = await register(http, cvmPostpaid(), newId('kept'));
    // The banner's link signs in, once.
    const [, code] = /Console +http:\S+\?code=(\S+)/.exec(output()) ?? [];
    const attempts = [1, 2].map(() => http.post('/v1/sessions', { code }));
    expect((await Promise.all(attempts)).map(({ status }) => status).sort()).toEqual([201, 401]);
    const parts: [string, string][] = [
      ['PostgreSQL', 'postgres/postmaster.pid'],
      [
        'Temporal server',
        existsSync(join(dataFolder, 'temporal/server.pid')) ? 'temporal/server.pid' : 'temporal/cli.pid',
      ],
      ["Temporal's Web UI", 'temporal/ui.pid'],
    ];
    for (const [title, file] of parts.filter(([, name]) => existsSync(join(dataFolder, name)))) {
      process.kill(pidIn(dataFolder, file), 'SIGKILL');
      await until(
        async () => new RegExp(`${title}[^\n]* has ended`).test(output()),
        `word of ${title}`,
        5000,
      );
      await until(
        async () => new RegExp(`${title}[^\n]* is up again`).test(output()),
        `${title} again`,
        60_000,
      );
      // Its clients reconnect by themselves; a key that is repeated is answered once.
      for (const power of ['stop', 'start']) {
        const headers = { 'idempotency-key': `${power}-after-${file}` };
        const ask = async () =>
          (await http.post(`/v1/instances/${id}/${power}`, {}, { headers })).status === 200;
        await until(ask, `${power} after ${title}`, 60_000);
      }
    }
    expectStatus(await http.get('/readyz'), 200);
    const [, ui] = /Web UI +(http:\S+)/.exec(output()) ?? [];
    if (ui !== undefined) expect((await fetch(ui)).ok).toBe(true);

    process.kill(child.pid!, 'SIGTERM');
    await expectGone(one);
    await expect(fetch(http.url)).rejects.toThrow();
  },
  SLOW_MS,
);

describe('an end in the middle of a start', () => {
  const ends: [string, string[], NodeJS.Signals][] = [
    ['SIGINT of npm, bash as its shell', ['npm', 'start', '--script-shell=/bin/bash'], 'SIGINT'],
    ['SIGHUP of npm, which it does not pass on', ['npm', 'start'], 'SIGHUP'],
    ['SIGKILL of npm', ['npm', 'start', '--script-shell=/bin/sh'], 'SIGKILL'],
    ['a closed terminal', ['script', '-qfec', 'npm start', '/dev/null'], 'SIGKILL'],
  ];
  it.each(ends)(
    '%s: nothing is left',
    async (_, words, signal) => {
      const one = await start(words, {}, false);
      await until(
        async () => one.left().some((line) => line.includes('/postgres')),
        'its first server',
        60_000,
      );
      process.kill(one.child.pid!, signal);
      await until(async () => one.left().length === 0, 'its end', END_LIMIT_MS).catch(() => {});
      expect(one.left()).toEqual([]);
      expect(existsSync(join(one.dataFolder, 'lock'))).toBe(false);
    },
    SLOW_MS,
  );
});

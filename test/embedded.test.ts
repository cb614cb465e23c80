import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { Client } from 'pg';
import {
  EmbeddedError,
  type EmbeddedPostgres,
  type EmbeddedTemporal,
  lockDataFolder,
  startPostgres,
  startTemporal,
  stopStarted,
} from '../embedded';
import { choosePorts } from '../embedded/process/ports';
import { processIdentity, until } from '../embedded/process/table';
import { during } from '../embedded/progress';
import { ensureCertificates } from '../embedded/temporal/certificates';
import { openDoor } from '../embedded/temporal/door';
import { temporalOf } from './support/shared';

/** On a machine without a Temporal the first start builds one. */
const FIRST_START_MS = 15 * 60_000;
const EMBEDDED = join(__dirname, '..', 'embedded');
const ATTRIBUTES = { TestState: 'Keyword', TestDue: 'Datetime' } as const;

const folders: string[] = [];
const owners: ChildProcess[] = [];

/** A data folder of its own, which the server's OS user may enter, as in an ordinary checkout. */
function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sunset-embedded-')));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** Where root's server keeps the data of a folder that its OS user can't enter. */
const elsewhereOf = (folder: string) =>
  join('/var/lib/sunset', createHash('sha256').update(folder).digest('hex').slice(0, 16));

/**
 * Runs code in a Node process of its own, which may then be killed; resolves to the first line that it
 * prints, as JSON.
 */
async function owner<T>(code: string): Promise<{ child: ChildProcess; printed: T }> {
  const program = `const embedded = require(${JSON.stringify(EMBEDDED)}); const report = () => {};
    const print = (value) => console.log(JSON.stringify(value)); setInterval(() => {}, 1000); (async () => { ${code} })();`;
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(child);
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes('\n')) return { child, printed: JSON.parse(text) as T };
  }
  throw new Error('the owner ended without a word');
}

async function kill9(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

const isGone = (pid: number) => processIdentity(pid) === undefined;

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function withTemporal<T>(folder: string, work: (client: TemporalClient) => Promise<T>): Promise<T> {
  const connection = await Connection.connect(
    temporalOf({ clientConfig: join(folder, 'temporal', 'client.toml') }),
  );
  try {
    return await work(new TemporalClient({ connection }));
  } finally {
    await connection.close();
  }
}

function reported(): { report: (step: string) => void; text: () => string } {
  const steps: string[] = [];
  return { report: (step) => void steps.push(step), text: () => steps.join('\n') };
}

async function failureOf(start: Promise<unknown>): Promise<EmbeddedError> {
  const error = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EmbeddedError);
  return error as EmbeddedError;
}

afterAll(async () => {
  await stopStarted();
  for (const child of owners) child.kill('SIGKILL');
  for (const folder of folders.flatMap((own) => [own, elsewhereOf(own)]))
    rmSync(folder, { recursive: true, force: true });
});

describe('both servers', () => {
  const dataFolder = newFolder();
  const start = (report: (step: string) => void) =>
    Promise.all([
      startPostgres({ dataFolder, report }),
      startTemporal({ dataFolder, report, searchAttributes: ATTRIBUTES, webUi: false }),
    ]);
  const searchable = 'TestState = "kept"';

  async function expectData(postgres: EmbeddedPostgres): Promise<void> {
    expect(await query(postgres.serviceUrl, 'SELECT word FROM kept')).toEqual([{ word: 'kept' }]);
    const count = () =>
      withTemporal(dataFolder, async (client) => (await client.workflow.count(searchable)).count);
    expect(await until(async () => (await count()) === 1, 5000, 100)).toBe(true);
  }

  it(
    'outlive a kill -9 of their owner, and one of their own, with all data; stopped, they leave nothing behind',
    async () => {
      const { child, printed } = await owner<[EmbeddedPostgres, EmbeddedTemporal]>(
        `const dataFolder = ${JSON.stringify(dataFolder)};
         print(await Promise.all([embedded.startPostgres({ dataFolder, report }),
           embedded.startTemporal({ dataFolder, report, searchAttributes: ${JSON.stringify(ATTRIBUTES)}, webUi: false })]));`,
      );
      const [{ adminUrl, pid, adopted }, { namespace, started, timeSkipping, webUiUrl, pids }] = printed;
      expect({ namespace, started, timeSkipping, webUiUrl, adopted }).toEqual({
        namespace: 'default',
        started: true,
        timeSkipping: true,
        webUiUrl: null,
        adopted: false,
      });
      await query(
        adminUrl,
        `CREATE TABLE kept (word text); INSERT INTO kept VALUES ('kept'); GRANT SELECT ON kept TO sunset`,
      );
      await withTemporal(dataFolder, (client) =>
        client.workflow.start('nobody', {
          taskQueue: 'nobody',
          workflowId: 'kept',
          searchAttributes: { TestState: ['kept'] },
        }),
      );

      await kill9(child);
      expect([pid, ...pids].some(isGone)).toBe(false);
      const first = reported();
      const [postgres, temporal] = await start(first.report);
      expect([postgres.adopted, postgres.pid, ...temporal.pids]).toEqual([true, pid, ...pids]);
      expect(first.text()).toContain('adopted, with all its data');
      await expectData(postgres);

      for (const server of [postgres.pid, ...temporal.pids]) process.kill(server, 'SIGKILL');
      const again = await start(() => {});
      expect([again[0].adopted, again[0].port, again[1].address]).toEqual([
        false,
        postgres.port,
        temporal.address,
      ]);
      await expectData(again[0]);

      await Promise.all(again.map((server) => server.stop()));
      await again[0].stop();
      expect([again[0].pid, ...again[1].pids].every(isGone)).toBe(true);
    },
    FIRST_START_MS,
  );
});

describe('other users of this machine', () => {
  /** Everything in the folder with what others may do with it; nothing is expected. */
  function openIn(folder: string): string[] {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => !entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name));
    return paths.filter((path) => statSync(path).mode & 0o077);
  }

  it(
    'can read nothing in the data folder, and none of Temporal’s ports takes them',
    async () => {
      const dataFolder = newFolder();
      const lock = lockDataFolder(dataFolder);
      const [postgres, temporal] = await Promise.all([
        startPostgres({ dataFolder, report: () => {} }),
        startTemporal({ dataFolder, report: () => {}, searchAttributes: ATTRIBUTES, webUi: false }),
      ]);
      try {
        expect(openIn(dataFolder)).toEqual([]);
        expect(statSync(dataFolder).mode & 0o067).toBe(0);
        if (temporal.source !== 'go') return; // the CLI's server has no TLS, and says so
        const { address, tls } = temporal.connection;
        const connect = (options: object) =>
          Connection.connect({ address, connectTimeout: 3000, ...options });
        await (await connect({ tls })).close();
        await expect(connect({})).rejects.toThrow();
        // One that knows the server but shows nothing of its own.
        const { clientCertPair: _, ...anonymous } = tls!;
        await expect(connect({ tls: anonymous })).rejects.toThrow();
        const ports = JSON.parse(readFileSync(join(dataFolder, 'temporal', 'server.json'), 'utf8')) as Record<
          string,
          number
        >;
        for (const port of Object.values(ports)) {
          await expect(connect({ address: `127.0.0.1:${port}` })).rejects.toThrow();
          expect(await asksForCertificate(port)).toBe(true);
        }
      } finally {
        await Promise.all([temporal.stop(), postgres.stop()]);
        lock.release();
      }
    },
    FIRST_START_MS,
  );

  /** Whether TLS is spoken there, and refused to somebody without a certificate. */
  function asksForCertificate(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
      });
      socket.on('error', (error: NodeJS.ErrnoException) =>
        resolve(/certificate required|bad certificate|ECONNRESET/i.test(`${error.code} ${error.message}`)),
      );
      socket.on('data', () => {});
      socket.on('end', () => resolve(false));
      socket.setTimeout(3000, () => resolve(false));
    });
  }
});

it('remembered ports are waited for while a server that was killed just now still has them', async () => {
  const ports = await choosePorts(['a', 'b']);
  const held = createServer().listen(ports.b, '127.0.0.1');
  await once(held, 'listening');
  setTimeout(() => held.close(), 100);
  expect(await choosePorts(['a', 'b'], ports)).toEqual(ports);
});

it('other ports are taken where a remembered one stays taken', async () => {
  const ports = await choosePorts(['a', 'b']);
  const held = createServer().listen(ports.b, '127.0.0.1');
  await once(held, 'listening');
  try {
    expect(Object.values(await choosePorts(['a', 'b'], ports))).not.toContain(ports.b);
  } finally {
    held.close();
  }
});

describe('the door of the Web UI', () => {
  it('passes on what names this machine, and refuses a page elsewhere whose name is made to mean it', async () => {
    const { ca, serverCert, serverKey } = await ensureCertificates(join(newFolder(), 'tls'));
    const inner = createTlsServer(
      { cert: readFileSync(serverCert), key: readFileSync(serverKey) },
      (asked, response) => {
        void asked.pipe(response.writeHead(201));
      },
    ).listen(0, '127.0.0.1');
    await once(inner, 'listening');
    const behind = { port: (inner.address() as AddressInfo).port, ca: readFileSync(ca) };
    const { ui } = await choosePorts(['ui']);
    const door = await openDoor(ui, behind);
    const ask = (host: string): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const asked = request(
          { port: ui, host: '127.0.0.1', method: 'POST', path: '/api', headers: { host } },
          (answer) => {
            let text = '';
            answer.on('data', (chunk: Buffer) => (text += chunk));
            answer.on('end', () => resolve({ status: answer.statusCode!, text }));
          },
        );
        asked.on('error', reject);
        asked.end('hello');
      });
    try {
      for (const own of [`127.0.0.1:${ui}`, 'localhost', '[::1]:8080', `LOCALHOST:${ui}`])
        expect(await ask(own)).toEqual({ status: 201, text: 'hello' });
      for (const other of [
        'evil.example',
        `127.0.0.1.evil.example:${ui}`,
        'localhost.evil.example',
        '127.0.0.1@evil.example',
        '0.0.0.0',
      ])
        expect((await ask(other)).status).toBe(403);
      // The server behind it shows a certificate that no browser trusts.
      await expect(fetch(`https://127.0.0.1:${behind.port}/`)).rejects.toThrow();
      inner.close();
      inner.closeAllConnections();
      expect((await ask(`127.0.0.1:${ui}`)).status).toBe(502);
    } finally {
      await door.close();
      inner.close();
    }
  });
});

describe('PostgreSQL', () => {
  it('gives the service a role that owns nothing, and keeps its passwords from other users', async () => {
    const dataFolder = newFolder();
    const postgres = await startPostgres({ dataFolder, report: () => {} });
    try {
      await expect(query(postgres.serviceUrl, 'CREATE TABLE mine (word text)')).rejects.toThrow(
        'permission denied',
      );
      await expect(query(postgres.serviceUrl.replace(/:[^:@]+@/, ':guessed@'), 'SELECT 1')).rejects.toThrow(
        'password authentication failed',
      );
      await query(postgres.adminUrl, 'CREATE SCHEMA theirs');
      expect(statSync(join(dataFolder, 'postgres.json')).mode & 0o077).toBe(0);
    } finally {
      await postgres.stop();
    }
  });

  it('takes another port when its own is taken, and goes when Node exits without stopping it', async () => {
    const dataFolder = newFolder();
    const code = `const { port, pid } = await embedded.startPostgres({ dataFolder: ${JSON.stringify(dataFolder)}, report }); print({ port, pid }); process.exit();`;
    const first = (await owner<{ port: number; pid: number }>(code)).printed;
    expect(await until(() => isGone(first.pid), 10_000)).toBe(true);
    const other = createServer().listen(first.port, '127.0.0.1');
    const { report, text } = reported();
    const postgres = await startPostgres({ dataFolder, report });
    try {
      expect(postgres.port).not.toBe(first.port);
      expect(text()).toContain(`port ${first.port} is taken`);
    } finally {
      await postgres.stop();
      other.close();
    }
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'as root, in a folder closed to its OS user: keeps the data elsewhere and says so',
    async () => {
      const dataFolder = newFolder();
      chmodSync(dataFolder, 0o700);
      const elsewhere = elsewhereOf(dataFolder);
      const { report, text } = reported();
      try {
        const postgres = await startPostgres({ dataFolder, report });
        await query(postgres.adminUrl, 'CREATE TABLE kept (word text)');
        await postgres.stop();
        expect(text()).toContain(elsewhere);
        const again = await startPostgres({ dataFolder, report });
        expect(await query(again.adminUrl, 'SELECT FROM kept')).toEqual([]);
        await again.stop();
      } finally {
        rmSync(elsewhere, { recursive: true, force: true });
      }
    },
  );

  it('does not begin anew in silence when its data is gone', async () => {
    const dataFolder = newFolder();
    const state = { port: 20_000, superuserPassword: 'a', adminPassword: 'b', servicePassword: 'c' };
    writeFileSync(join(dataFolder, 'postgres.json'), JSON.stringify(state));
    expect((await failureOf(startPostgres({ dataFolder, report: () => {} }))).message).toContain('is gone');
    writeFileSync(join(dataFolder, 'postgres.json'), '{"port":');
    expect((await failureOf(startPostgres({ dataFolder, report: () => {} }))).message).toContain(
      'is damaged',
    );
  });
});

describe('the lock of a data folder', () => {
  it('refuses a second Sunset, names the first, and is taken over from a killed one', async () => {
    const dataFolder = newFolder();
    const { child } = await owner(`embedded.lockDataFolder(${JSON.stringify(dataFolder)}); print(true);`);
    expect(() => lockDataFolder(dataFolder)).toThrow(
      `running on ${dataFolder} already (process ${child.pid})`,
    );
    await kill9(child);
    const lock = lockDataFolder(dataFolder);
    expect(() => lockDataFolder(dataFolder)).toThrow(`(process ${process.pid})`);
    lock.release();
    lockDataFolder(dataFolder).release();
  });
});

describe('a machine without Temporal', () => {
  /**
   * Nothing on PATH, nothing in the cache, and a proxy that nobody runs: the download fails whether or not
   * there is a network.
   */
  const nothing = (): NodeJS.ProcessEnv => ({
    PATH: '',
    HOME: newFolder(),
    SUNSET_CACHE: newFolder(),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
  });
  const failure = (env: NodeJS.ProcessEnv, report = () => {}) =>
    failureOf(startTemporal({ dataFolder: newFolder(), report, env, searchAttributes: {}, webUi: false }));

  /** A `go` that says this and fails. */
  function goThatSays(words: string): NodeJS.ProcessEnv {
    const folder = newFolder();
    writeFileSync(join(folder, 'go'), `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
    return { ...nothing(), PATH: `${folder}:/usr/bin:/bin` };
  }

  it('says what to do when there is no Go either', async () => {
    const { message, next } = await failure(nothing());
    expect(message).toBe('Temporal was neither found on PATH nor downloadable, and Go is not installed');
    expect(next).toMatch(
      /install Go ≥ 1\.26 from https:\/\/go\.dev\/dl.*`temporal` CLI ≥ 1\.9 on PATH.*TEMPORAL_ADDRESS/,
    );
  });

  it.each([
    [
      'an old Go',
      'go: x requires go >= 1.26.8 (running go 1.24.3; GOTOOLCHAIN=local)',
      '(1.24.3) is too old',
      'install Go ≥ 1.26.8',
    ],
    [
      'no network',
      'Get "https://x": dial tcp: lookup x: no such host',
      'could not be downloaded',
      'connect to the network',
    ],
    ['a full disk', 'write /tmp/x: no space left on device', 'could not be built', 'the disk is full'],
  ])('says what to do about %s', async (_case, words, message, next) => {
    const error = await failure(goThatSays(words));
    expect(error.message).toContain(message);
    expect(error.next).toContain(next);
  });

  it('says so when nobody answers at TEMPORAL_ADDRESS, and starts nothing', async () => {
    const { message, next } = await failure({ ...nothing(), TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(message).toContain('TEMPORAL_ADDRESS is 127.0.0.1:9, but no Temporal server answers there');
    expect(next).toContain('unset it');
  });

  it('does not let data of another engine disappear', async () => {
    const dataFolder = newFolder();
    mkdirSync(join(dataFolder, 'temporal'));
    writeFileSync(join(dataFolder, 'temporal', 'cli.db'), '');
    const { message } = await failureOf(
      startTemporal({ dataFolder, report: () => {}, env: nothing(), searchAttributes: {} }),
    );
    expect(message).toContain('made with the temporal CLI');
  });
});

it('a long step is never silent for more than two seconds', async () => {
  const { report, text } = reported();
  await during(report, 'a step', async (note) => {
    note('12 packages compiled');
    await new Promise((resolve) => setTimeout(resolve, 2200));
  });
  expect(text()).toBe('a step\na step: still working, 2 s, 12 packages compiled\na step: done in 2 s');
});

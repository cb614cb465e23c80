/**
 * The seal: everything that is booked gets one place in the chain, once and whatever commits when; and
 * whatever is changed afterwards is named by the audit, by its own row. A tampering is made as the owner with
 * the guards taken away, and rolled back.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS, type Finding } from '../../store/audit';
import { sealHash, sealWaiting } from '../../store/books/seal';
import { createPool, type Pool, type Transaction } from '../../store/db';
import { cvmPrepaid, end, register, until } from '../support/lives';
import { startService, useService } from '../support/service';

let owner: Pool;
const { service } = useService({ worker: false });
beforeAll(async () => {
  owner = createPool(service.adminUrl, { max: 10 });
  await makeInstance(owner);
});
afterAll(async () => {
  await owner.end();
});

async function makeInstance(db: Pool): Promise<void> {
  await db.query("INSERT INTO accounts (account) VALUES ('a')");
  await db.query("INSERT INTO policies (id, product, version, document) VALUES ('p', 'x', '1', '{}')");
  await db.query(
    `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by)
     VALUES ('i', 'a', 'x', 'prepaid', 'r', 'running', 0, '{}', '{}', 'p', 'h', 'test')`,
  );
}

let steps = 0;

/** Books `count` transactions of two legs on a connection, as a step does. */
async function book(db: Pool | Transaction, count: number): Promise<string[]> {
  const from = steps;
  steps += count;
  const range = [from, from + count - 1];
  await db.query(
    `INSERT INTO steps (instance_id, step, command_id, fingerprint, command, outcome, to_state, by, effective_at, life)
     SELECT 'i', n, 'c' || n, 'f', 'amend', 'done', 'running', 'test', now(), '{}' FROM generate_series($1::int, $2) AS n`,
    range,
  );
  const { rows } = await db.query<{ id: string }>(
    `WITH booked AS (
       INSERT INTO transactions (id, account, instance_id, step, event, effective_at)
       SELECT 'tx_i_' || n, 'a', 'i', n, 'renewal', now() FROM generate_series($1::int, $2) AS n RETURNING id),
     legs AS (
       INSERT INTO entries (transaction_id, line, leg, ledger_account, currency, amount)
       SELECT id, 0, leg, CASE leg WHEN 0 THEN 'world:cash' ELSE 'deferred:o' END, 'CNY', CASE leg WHEN 0 THEN -1.50 ELSE 1.50 END
       FROM booked CROSS JOIN generate_series(0, 1) AS leg)
     SELECT id FROM booked`,
    range,
  );
  return rows.map(({ id }) => id);
}

async function sealAll(): Promise<void> {
  while ((await sealWaiting(service.pool)).length) {
    // There may be more than one batch.
  }
}

const rowsOf = async (sql: string, values: unknown[] = []) => (await service.pool.query(sql, values)).rows;
const positions = async (): Promise<number[]> =>
  (await rowsOf('SELECT position FROM seals ORDER BY position')).map((row) => row.position);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the chain', () => {
  it('is hash n = SHA-256(hash n−1, JSON of the transaction and its entries)', async () => {
    const [id] = await book(owner, 1);
    expect(await sealWaiting(service.pool)).toEqual([id]);
    const [seal] = await rowsOf('SELECT * FROM seals');
    const [row] = await rowsOf(
      `SELECT seq, effective_at::text AS effective, recorded_at::text AS recorded, current_setting('TimeZone') AS zone FROM transactions`,
    );
    // Written from the documentation, not with the code's own columns. Fractions end in zeros that
    // PostgreSQL's own text leaves out.
    const instant = (text: string): string => {
      const [, date, time, fraction = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?\+00$/.exec(text)!;
      return `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
    };
    expect(row.zone).toMatch(/UTC|GMT/);
    const facts = [
      id,
      String(row.seq),
      'a',
      'i',
      '0',
      'renewal',
      null,
      null,
      null,
      instant(row.effective),
      instant(row.recorded),
    ];
    const entries = [
      ['0', '0', 'world:cash', 'CNY', '-1.50'],
      ['0', '1', 'deferred:o', 'CNY', '1.50'],
    ];
    const hash = createHash('sha256')
      .update('0'.repeat(64))
      .update(JSON.stringify([facts, entries]))
      .digest('hex');
    expect(seal).toMatchObject({ position: 1, transaction_id: id, hash });
  });

  it('tells texts apart that look alike when they are put together, and nothing from the empty text', () => {
    const hash = (facts: (string | null)[], entries: string[][] = []): string =>
      sealHash('0', { id: '', facts, entries });
    const all = [
      hash(['ab', 'c']),
      hash(['a', 'bc']),
      hash(['abc']),
      hash(['a', '","bc']),
      hash(['']),
      hash([null]),
      hash([], [['']]),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('seals each transaction once, without gaps, also when many sealers try at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => book(owner, 70)));
    const taken = await Promise.all(Array.from({ length: 12 }, () => sealWaiting(service.pool, 90)));
    await sealAll();
    const count = (await rowsOf('SELECT count(*) AS count FROM transactions'))[0].count;
    expect(await positions()).toEqual(upTo(count));
    const ids = taken.flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(await rowsOf('SELECT seq FROM unsealed')).toEqual([]);
  });

  it('leaves it to the sealer that has the lock, and goes on when that one dies', async () => {
    const ids = await book(owner, 1);
    const other = await owner.connect();
    await other.query('BEGIN');
    const { rows } = await other.query(
      'SELECT pg_backend_pid() AS pid, pg_try_advisory_xact_lock($1) AS mine',
      [7_032_563],
    );
    expect(rows[0].mine).toBe(true);
    expect(await sealWaiting(service.pool)).toEqual([]);
    const gone = new Promise((resolve) => other.once('error', resolve));
    await owner.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await gone;
    other.release(true);
    expect(await until(async () => (await sealWaiting(service.pool)).at(0), 'the lock to be free')).toBe(
      ids[0],
    );
  });

  it('does not skip a transaction that commits late, though others with a higher number are sealed', async () => {
    const late = await owner.connect();
    await late.query('BEGIN');
    const [first] = await book(late, 1);
    const [second] = await book(owner, 1);
    expect(await sealWaiting(service.pool)).toEqual([second]);
    await late.query('COMMIT');
    late.release();
    expect(await sealWaiting(service.pool)).toEqual([first]);
    const rows = await rowsOf(
      'SELECT transaction_id FROM seals JOIN transactions t ON t.id = transaction_id ORDER BY seq DESC LIMIT 2',
    );
    expect(rows.map((row) => row.transaction_id)).toEqual([second, first]);
  });

  it('nothing of what is rolled back is sealed', async () => {
    const db = await owner.connect();
    await db.query('BEGIN');
    await book(db, 3);
    await db.query('ROLLBACK');
    db.release();
    expect(await sealWaiting(service.pool)).toEqual([]);
  });

  it.each(["UPDATE seals SET hash = ''", 'DELETE FROM seals', 'TRUNCATE seals'])(
    'refuses to whoever asks: %s',
    async (sql) => {
      await expect(service.pool.query(sql)).rejects.toMatchObject({ code: '42501' });
      await expect(owner.query(sql)).rejects.toMatchObject({ code: '42501' });
    },
  );
});

describe('how far behind it is', () => {
  const measured = async (): Promise<{ age: number; transactions: number }> => {
    const { text } = await service.http.call('GET', '/metrics', undefined);
    const value = (name: string) =>
      Number(new RegExp(`^sunset_ledger_unsealed_${name} (\\S+)$`, 'm').exec(text)![1]);
    return { age: value('age_seconds'), transactions: value('transactions') };
  };

  it('is a metric: the age of the oldest that waits, and how many do', async () => {
    await sealAll();
    expect(await measured()).toEqual({ age: 0, transactions: 0 });
    await book(owner, 3);
    const first = await measured();
    expect(first.transactions).toBe(3);
    expect(first.age).toBeGreaterThan(0);
    await until(async () => (await measured()).age > first.age, 'the age to grow');
    await sealAll();
    expect(await measured()).toEqual({ age: 0, transactions: 0 });
  });
});

type Tampering = (db: Transaction) => Promise<unknown>;

/** Triggers, and whatever else would refuse a row: not for keys, which other tables build on. */
async function takeGuardsAway(db: Transaction, table: string): Promise<void> {
  await db.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  const guards =
    "SELECT conname AS name FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'f')";
  for (const { name } of (await db.query(guards, [table])).rows)
    await db.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
}

/** What the checks of the chain find after a tampering, `check id`, and what they say. */
async function foundAfter(tamper: Tampering): Promise<{ found: string[]; details: string[] }> {
  const db = await owner.connect();
  try {
    await db.query('BEGIN');
    for (const table of ['transactions', 'entries', 'seals', 'audits']) await takeGuardsAway(db, table);
    await tamper(db);
    const findings: Finding[] = [];
    for (const check of CHECKS)
      if (['seals', 'unsealed', 'seal-heads'].includes(check.name)) findings.push(...(await check.run(db)));
    return {
      found: findings.map(({ check, id }) => `${check} ${id}`).sort(),
      details: findings.map(({ detail }) => detail),
    };
  } finally {
    await db.query('ROLLBACK');
    db.release();
  }
}

describe('the audit names', () => {
  /** Around the end of a page that the check reads. */
  let sealed: string[];
  beforeAll(async () => {
    await book(owner, 2100);
    await sealAll();
    sealed = (await rowsOf('SELECT transaction_id FROM seals ORDER BY position')).map(
      (row) => row.transaction_id,
    );
    expect(sealed.length).toBeGreaterThan(2100);
  });
  const at = (position: number): string => sealed[position - 1]!;

  it('nothing when nothing was changed', async () => {
    expect(await foundAfter(async () => {})).toEqual({ found: [], details: [] });
  });

  /** Another value of the same type for every column that there is: a new column must be sealed too. */
  const OTHER: Record<string, string> = {
    text: "coalesce(?, '') || 'x'",
    bigint: '? + 1000000',
    integer: '? + 1000000',
    smallint: '? + 7',
    numeric: '? * 2',
    'timestamp with time zone': "? + interval '1 microsecond'",
  };

  it('a change of any column of a transaction and of its entries', async () => {
    const columns = await rowsOf(
      `SELECT table_name AS "table", column_name AS "column", data_type AS type FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name IN ('transactions', 'entries') ORDER BY 1, 2`,
    );
    expect(columns.length).toBeGreaterThanOrEqual(17);
    for (const { table, column, type } of columns) {
      if (column === 'id' || column === 'transaction_id') continue;
      const key = table === 'entries' ? 'transaction_id' : 'id';
      const identity =
        column === 'seq' ? 'ALTER TABLE transactions ALTER COLUMN seq DROP IDENTITY' : 'SELECT 1';
      const { found } = await foundAfter(async (db) => {
        await db.query(identity);
        await db.query(
          `UPDATE ${table} SET "${column}" = ${OTHER[type]!.replaceAll('?', `"${column}"`)} WHERE ${key} = $1`,
          [at(1000)],
        );
      });
      expect({ table, column, found }).toEqual({ table, column, found: [`seals ${at(1000)}`] });
    }
  });

  it.each([1, 2, 999, 1000, 1001, 2000, 2101])(
    'a changed amount, in balance, at %i of the chain, and no other',
    async (position) => {
      const { found, details } = await foundAfter((db) =>
        db.query('UPDATE entries SET amount = amount * 3 WHERE transaction_id = $1', [at(position)]),
      );
      expect(found).toEqual([`seals ${at(position)}`]);
      expect(details[0]).toContain(`does not fit seal ${position}`);
    },
  );

  it.each([1, 1000, 1001])(
    'a changed seal at %i, not the transaction that it seals nor the one after',
    async (position) => {
      const { found, details } = await foundAfter((db) =>
        db.query("UPDATE seals SET hash = repeat('f', 64) WHERE position = $1", [position]),
      );
      expect(found).toEqual([`seals ${at(position)}`]);
      expect(details).toEqual([`the hash of its seal ${position} was changed; the transaction was not`]);
    },
  );

  it('the newest, of which no later one tells whether it or its seal was changed', async () => {
    const last = sealed.length;
    const change = (db: Transaction) =>
      db.query('UPDATE seals SET hash = $2 WHERE position = $1', [last, 'x']);
    expect((await foundAfter(change)).found).toEqual([`seals ${at(last)}`]);
  });

  it('two that lie side by side', async () => {
    const change = (db: Transaction) =>
      db.query("UPDATE transactions SET effective_at = effective_at - interval '1 day' WHERE id = ANY ($1)", [
        [at(500), at(501)],
      ]);
    expect((await foundAfter(change)).found).toEqual([`seals ${at(500)}`, `seals ${at(501)}`].sort());
  });

  it('an added entry', async () => {
    const add = (db: Transaction) =>
      db.query(
        "INSERT INTO entries SELECT transaction_id, 1, leg, 'revenue', currency, amount FROM entries WHERE transaction_id = $1",
        [at(77)],
      );
    expect((await foundAfter(add)).found).toEqual([`seals ${at(77)}`]);
  });

  it('a sealed transaction that is gone', async () => {
    const { found, details } = await foundAfter(async (db) => {
      await db.query('DELETE FROM entries WHERE transaction_id = $1', [at(10)]);
      await db.query('DELETE FROM transactions WHERE id = $1', [at(10)]);
    });
    expect({ found, details }).toEqual({
      found: [`seals ${at(10)}`],
      details: ['was sealed at 10, and is gone'],
    });
  });

  it('a seal that is gone, and the transaction that has none now', async () => {
    const { found } = await foundAfter(async (db) => {
      await db.query('DELETE FROM seals WHERE position = 1000');
      await db.query("UPDATE transactions SET recorded_at = recorded_at - interval '1 hour' WHERE id = $1", [
        at(1000),
      ]);
    });
    expect(found).toEqual(['seals seal 1000', `unsealed ${at(1000)}`]);
  });

  it('an insert that was dated back and kept out of the queue', async () => {
    const { found, details } = await foundAfter((db) =>
      db.query(
        `INSERT INTO transactions (id, account, instance_id, step, event, effective_at, recorded_at)
         VALUES ('smuggled', 'a', 'i', -1, 'renewal', now(), now() - interval '61 seconds')`,
      ),
    );
    expect(found).toEqual(['unsealed smuggled']);
    expect(details[0]).toContain('it is not in the queue');
  });

  it('a chain that was rewritten so that it fits: by the head that an earlier audit kept', async () => {
    const head = (await rowsOf('SELECT position, hash FROM seals WHERE position = 2000'))[0];
    const keep = (db: Transaction) =>
      db.query(
        `INSERT INTO audits (id, trigger, started_at, finished_at, rows, head, finding_count, findings, healed_count, healed, skipped)
         VALUES ('earlier', 'schedule', now(), now(), '{}', $1, 0, '[]', 0, '[]', '[]')`,
        [head],
      );
    expect((await foundAfter(keep)).found).toEqual([]);
    const { found } = await foundAfter(async (db) => {
      await keep(db);
      await db.query('UPDATE entries SET amount = amount * 3 WHERE transaction_id = $1', [at(1900)]);
      await reseal(db, 1900);
    });
    expect(found).toEqual(['seal-heads earlier']);
    const { found: cutOff } = await foundAfter(async (db) => {
      await keep(db);
      await db.query('DELETE FROM seals WHERE position >= 1990');
    });
    expect(cutOff).toEqual(['seal-heads earlier']);
  });
});

/**
 * What somebody does who knows how seals are made, and may write them: nothing in the chain itself shows it.
 */
async function reseal(db: Transaction, from: number): Promise<void> {
  await db.query('SET LOCAL client_min_messages = warning');
  await db.query(
    'INSERT INTO unsealed SELECT t.seq FROM seals s JOIN transactions t ON t.id = s.transaction_id WHERE s.position >= $1',
    [from],
  );
  await db.query('DELETE FROM seals WHERE position >= $1', [from]);
  // The sealer's own code, inside this transaction.
  const within = { connect: async () => ({ query: outsideTransaction(db), release: () => {} }) };
  while ((await sealWaiting(within as never)).length) {
    // Batch by batch.
  }
}

const outsideTransaction = (db: Transaction) => (sql: string, values?: unknown[]) =>
  /^(BEGIN|COMMIT)$/.test(sql) ? Promise.resolve({ rows: [] }) : db.query(sql, values);

it('what the version before has booked is sealed too, and what it still books while this one is deployed', async () => {
  const other = await startService({ worker: false });
  const old = createPool(other.adminUrl, { max: 2 });
  const file = readFileSync(join(__dirname, '..', '..', 'store', 'migrations', '0004_seal.sql'), 'utf8');
  const [up, down] = file.split('-- Down Migration') as [string, string];
  await old.query(down);
  await makeInstance(old);
  const before = await book(old, 3);
  await old.query(up);
  const after = await book(old, 1);
  expect(await sealWaiting(old)).toEqual([...before, ...after]);
  await old.end();
  await other.stop();
});

it('a worker seals what is booked, without being asked', async () => {
  const { http } = service;
  await service.startWorker();
  const id = await register(http, cvmPrepaid());
  await end(http, [id], { action: 'return' });
  const booked = await rowsOf('SELECT id FROM transactions WHERE instance_id = $1', [id]);
  expect(booked).toHaveLength(2);
  const isSealed = async (): Promise<boolean> =>
    (await rowsOf('SELECT FROM seals WHERE transaction_id = ANY ($1)', [booked.map((row) => row.id)]))
      .length === 2;
  await until(isSealed, 'the worker to seal both');
});

/**
 * The trial balance is added up from sums of whole months and days, from the entries of its own day and from what waits
 * for its seal: at any instant it is what all entries up to it add up to.
 */

import { audit } from '../../store/audit';
import { sealWaiting } from '../../store/books/seal';
import { trialBalance } from '../../store/books/trial-balance';
import { createPool, type Pool } from '../../store/db';
import { cvmPrepaid, redisPrepaid } from '../support/lives';
import { range } from '../support/parallel';
import { Random } from '../support/random';
import { useService } from '../support/service';
import { bear } from '../support/store-lives';

const { service } = useService({ worker: false });
const SEED = Number(process.env.SUNSET_SEED ?? Date.now() % 1_000_000);
const random = new Random(SEED);
const DAY_MS = 86_400_000;
let owner: Pool;
beforeAll(() => {
  owner = createPool(service.adminUrl, { max: 1 });
});
afterAll(() => owner.end());

/** The day that this month or one of the two before it began with. */
function firstOfAMonth(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - random.int(0, 2));
}

/** Ends of days and of months, whatever is near them, and all kinds of instants. */
function somewhen(): number {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const day = random.chance(0.3) ? firstOfAMonth() : today - random.int(0, 5) * DAY_MS;
  return random.chance(0.5) ? day + random.pick([-2, -1, 0, 1, 2]) : day - random.int(1, DAY_MS - 1);
}

/** Books as they would be if they had been recorded over several days; to the microsecond. */
async function recordedOverDays(): Promise<void> {
  for (const index of range(60)) await bear(service.pool, index % 2 ? cvmPrepaid() : redisPrepaid());
  const { rows } = await owner.query<{ id: string }>('SELECT id FROM transactions');
  await owner.query('ALTER TABLE transactions DISABLE TRIGGER USER');
  for (const { id } of rows)
    await owner.query(
      'UPDATE transactions SET recorded_at = to_timestamp($2 / 1000.0) + make_interval(secs => $3 / 1e6) WHERE id = $1',
      [id, somewhen(), random.int(-600, 600)],
    );
  await owner.query('ALTER TABLE transactions ENABLE TRIGGER USER');
}

/** What is shown up to an instant: added up one by one. */
async function addedUp(at: string): Promise<Record<string, string>> {
  const { rows } = await service.pool.query<{ name: string; sums: string }>(
    `SELECT concat_ws(' ', currency, CASE WHEN ledger_account LIKE 'deferred:%' THEN 'deferred' ELSE ledger_account END) AS name,
       concat_ws(' ', round(-sum(least(amount, 0)), 2), round(sum(greatest(amount, 0)), 2)) AS sums
     FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE date_trunc('milliseconds', t.recorded_at) <= $1 GROUP BY 1`,
    [at],
  );
  return Object.fromEntries(rows.map(({ name, sums }) => [name, sums]));
}

const asTold = async (at: string): Promise<Record<string, string>> => {
  const { lines } = await trialBalance(service.pool, at);
  return Object.fromEntries(
    lines.map(({ currency, ledgerAccount, debit, credit }) => [
      `${currency} ${ledgerAccount}`,
      `${debit} ${credit}`,
    ]),
  );
};

it('M21: whatever is sealed by then, at 200 instants', async () => {
  process.stderr.write(`  trial balance: SUNSET_SEED=${SEED}\n`);
  await recordedOverDays();
  const instants = range(50).map(() => new Date(somewhen()).toISOString());
  // Nothing sealed, some of it, more, all of it.
  for (const sealed of [0, 17, 23, 20]) {
    if (sealed) expect(await sealWaiting(service.pool, sealed)).toHaveLength(sealed);
    for (const at of instants) expect([at, await asTold(at)]).toEqual([at, await addedUp(at)]);
  }
  const { rows } = await service.pool.query(
    `SELECT (SELECT count(DISTINCT day) FROM day_sums) AS days, (SELECT count(DISTINCT month) FROM month_sums) AS months`,
  );
  // Else nothing would have been shown.
  expect(rows[0].days).toBeGreaterThan(3);
  expect(rows[0].months).toBeGreaterThan(2);
  const { checks } = await audit(service.pool);
  for (const sums of ['day-sums', 'month-sums'])
    expect(checks.find(({ name }) => name === sums)?.findings).toEqual([]);
});

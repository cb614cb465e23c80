/**
 * E2: rights are reserved atomically. Twenty clients return twenty instances of one account at once, each
 * quoting again when its quote has gone stale, and exactly as many get through as the account has rights.
 */

import { exact, formatDecimal, sum } from '../../domain/money';
import { audit } from '../../store/audit';
import type { Quote } from '../support/answered';
import {
  cvmPrepaid,
  DAY,
  expectStatus,
  type Fields,
  hoursAgo,
  newAccount,
  quote,
  register,
  settled,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { SCALE } from '../support/scale';
import { useService } from '../support/service';

const { service, http } = useService();

const ACCOUNTS = 10 * SCALE;
const CLIENTS = 20;

interface Race {
  title: string;
  registration: (account: string) => Fields;
  /** Rights that fit, by kind: how many get through. */
  rights: { 'five-day': number; ordinary: number };
  /** What those hear that come too late. */
  refused: string[];
}

const tenDaysAgo = (): string => hoursAgo((10 * DAY) / 3_600_000);
const RACES: Race[] = [
  {
    title: 'E2, 003-02: only the five-day right fits (SN2): exactly 1 of 20',
    registration: (account) => cvmPrepaid({ account, type: 'SN2.LARGE4' }),
    rights: { 'five-day': 1, ordinary: 0 },
    refused: ['FAMILY_EXCLUDED', 'QUOTA_USED'],
  },
  {
    title: 'E2, 003-13: only ordinary rights fit (older than five days): exactly 3 of 20',
    registration: (account) => cvmPrepaid({ account }, tenDaysAgo()),
    rights: { 'five-day': 0, ordinary: 3 },
    refused: ['QUOTA_USED'],
  },
  {
    title: 'E2: both rights fit: exactly 1 five-day and 3 ordinary of 20',
    registration: (account) => cvmPrepaid({ account }),
    rights: { 'five-day': 1, ordinary: 3 },
    refused: ['QUOTA_USED'],
  },
];

interface Result {
  kind: Quote['items'][number]['refund']['kind'] | undefined;
  /** How often its quote had gone stale. */
  stale: number;
}

/**
 * One client: confirms what it was quoted, and quotes again when that is stale, until it is through or the
 * rights are used up.
 */
async function returnOrGiveUp(id: string, first: Quote, refused: string[], stale = 0): Promise<Result> {
  const item = first.items[0]!;
  if (!item.permitted) {
    expect(item.blockers.map((one) => one.code)).toEqual(refused);
    return { kind: undefined, stale };
  }
  const reply = await http.post('/v1/terminations', { quoteId: first.id, agree: true });
  if (reply.status === 202) {
    expect((await settled(http, reply.body.id)).items).toMatchObject([{ instanceId: id, status: 'done' }]);
    return { kind: item.refund.kind, stale };
  }
  expect(reply.body).toMatchObject({ status: 409, code: 'QUOTE_STALE' });
  return await returnOrGiveUp(id, await quote(http, [id], { action: 'return' }), refused, stale + 1);
}

/** What the database says of an account, read past the API. */
async function booksOf(account: string) {
  const { rows } = await service.pool.query(
    `SELECT
       (SELECT json_agg(json_build_object('kind', kind, 'status', status) ORDER BY kind) FROM rights WHERE account = $1) AS rights,
       (SELECT json_agg(amount::text) FROM refunds WHERE account = $1 AND status = 'done') AS refunds,
       (SELECT sum(amount)::text FROM balances WHERE account = $1) AS balance,
       (SELECT sum(e.amount)::text FROM entries e JOIN transactions t ON t.id = e.transaction_id
         WHERE t.account = $1 AND e.ledger_account = 'customer:cash') AS ledger`,
    [account],
  );
  return rows[0];
}

const total = (amounts: string[]): string => formatDecimal(sum(amounts.map(exact)));

async function race({ registration, rights, refused }: Race): Promise<void> {
  const account = newAccount();
  const ids = await inParallel(range(CLIENTS), () => register(http, registration(account)));
  // All are quoted before anyone confirms: each believes that there is a right for it.
  const quotes = await inParallel(ids, (id) => quote(http, [id], { action: 'return' }), CLIENTS);
  const results = await Promise.all(ids.map((id, index) => returnOrGiveUp(id, quotes[index]!, refused)));
  const through = rights['five-day'] + rights.ordinary;
  expect(results.filter(({ kind }) => kind === 'five-day')).toHaveLength(rights['five-day']);
  expect(results.filter(({ kind }) => kind === 'ordinary')).toHaveLength(rights.ordinary);
  expect(results.filter(({ stale }) => stale > 0).length).toBeGreaterThanOrEqual(CLIENTS - through);
  const books = await booksOf(account);
  const used = (kind: 'five-day' | 'ordinary') => range(rights[kind]).map(() => ({ kind, status: 'used' }));
  expect(books.rights).toEqual([...used('five-day'), ...used('ordinary')]);
  expect(books.refunds).toHaveLength(through);
  expect([books.balance, books.ledger].map((amount) => total([amount]))).toEqual([
    total(books.refunds),
    total(books.refunds),
  ]);
  const { rights: shown } = expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
  expect(shown.find((row) => row.product === 'tencent-cvm')).toMatchObject({
    fiveDay: { used: rights['five-day'], reserved: 0, left: 1 - rights['five-day'] },
    ordinary: { used: rights.ordinary, reserved: 0, left: 3 - rights.ordinary },
  });
  const left = expectStatus(await http.get(`/v1/instances?account=${account}&state=running&limit=100`), 200)
    .body.items;
  expect(left).toHaveLength(CLIENTS - through);
}

it.each(RACES)(
  '$title',
  async (one) => {
    for (const _ of range(ACCOUNTS)) await race(one);
  },
  300_000 * SCALE,
);

it('E2: the books of all of them agree', async () => {
  const { rows, checks } = await audit(service.pool);
  expect(rows.instances).toBe(RACES.length * ACCOUNTS * CLIENTS);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}, 60_000);

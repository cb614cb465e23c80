/**
 * What refunds, quotes and curves cost, in processor time: `npx tsx bench/refunds.ts [other checkout]`.
 *
 * With another checkout (`git worktree add /tmp/before f63fce6 && npm ci --prefix /tmp/before` is the last
 * one with fraction.js) both run in turns in this process, and the last column is how many times as long this
 * one takes. Below the table: how the cost grows with the orders of an instance.
 */
import { resolve } from 'node:path';
import type { StoredOrder } from '../domain/instance';
import type { RefundInput } from '../domain/refund';
import type { Subject } from '../domain/subject';
import { tencentCvm } from '../policies/tencent-cvm';
import { hoursIn, order, subject, upgrade } from '../test/fixtures/domain';
import { manyUpgrades, monthlyOrders } from '../test/fixtures/many-orders';

interface Domain {
  computeRefund: (input: RefundInput) => unknown;
  quoteItems: (
    subjects: Subject[],
    left: Map<string, { fiveDay: number; ordinary: number }>,
    request: object,
  ) => unknown;
  refundCurve: (subject: Subject, left: { fiveDay: number; ordinary: number }) => unknown;
}

async function domainOf(folder: string): Promise<Domain> {
  const [refund, quote, curve] = await Promise.all(
    ['refund', 'quote', 'curve'].map((file) => import(resolve(folder, 'domain', file))),
  );
  return {
    computeRefund: refund.computeRefund,
    quoteItems: quote.quoteItems,
    refundCurve: curve.refundCurve,
  };
}

const LEFT = { fiveDay: 0, ordinary: 3 };
const RIGHTS = new Map([['100001/tencent-cvm', LEFT]]);
const AT = hoursIn(72);

const refund = (orders: StoredOrder[]) => (domain: Domain) => {
  const { facts } = subject();
  return domain.computeRefund({
    kind: 'ordinary',
    facts,
    orders,
    at: AT,
    knobs: tencentCvm.knobs,
    rules: tencentCvm.returns!,
  });
};
const quote = (orders: StoredOrder[]) => (domain: Domain) =>
  domain.quoteItems([subject({ orders, at: AT })], RIGHTS, { action: 'return', schedule: { mode: 'now' } });
const curve = (orders: StoredOrder[]) => (domain: Domain) =>
  domain.refundCurve(subject({ orders, at: AT }), LEFT);

const CASES: [name: string, run: (domain: Domain) => unknown][] = [
  ['refund of the worked example 003-41', refund([order(), upgrade()])],
  ['refund of 20 orders', refund(monthlyOrders(20))],
  ['refund of 20 orders, 19 of them upgrades', refund(manyUpgrades(20))],
  ...[125, 250, 500].flatMap((n): [string, (domain: Domain) => unknown][] => [
    [`quote of ${n} orders`, quote(monthlyOrders(n))],
    [`curve of ${n} orders`, curve(monthlyOrders(n))],
    [`quote of ${n} orders, upgrades`, quote(manyUpgrades(n))],
    [`curve of ${n} orders, upgrades`, curve(manyUpgrades(n))],
  ]),
];

/**
 * Microseconds of processor time a call; at least a tenth of a second of it, so that it can be told from
 * nothing.
 */
function cost(run: () => unknown): number {
  const begin = process.cpuUsage();
  let calls = 0;
  let spent = 0;
  while (calls < 1 || spent < 100_000) {
    run();
    calls += 1;
    const { user, system } = process.cpuUsage(begin);
    spent = user + system;
  }
  return spent / calls;
}

/** The least of five turns: whatever else the machine does only adds. */
function least(runs: (() => unknown)[]): number[] {
  const turns = Array.from({ length: 5 }, () => runs.map(cost));
  return runs.map((_, index) => Math.min(...turns.map((turn) => turn[index]!)));
}

async function main(): Promise<void> {
  const other = process.argv[2];
  const domains = [await domainOf('.'), ...(other ? [await domainOf(other)] : [])];
  for (const [name, run] of CASES) {
    const [here, there] = least(domains.map((domain) => () => run(domain))) as [number, number?];
    const beside =
      there === undefined
        ? ''
        : `${there.toFixed(0).padStart(12)} µs ${(here / there).toFixed(2).padStart(8)} ×`;
    process.stdout.write(`${name.padEnd(44)} ${here.toFixed(0).padStart(9)} µs${beside}\n`);
  }
}

void main();

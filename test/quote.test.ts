/**
 * The `quote` command as people and other programs run it: a child process, without servers and without a
 * build.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicQuoteItem } from '../contract/present';
import { POLICIES } from '../policies';
import { FACTS, PURCHASE as order } from './fixtures/background';

const ROOT = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sunset-quote-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Straight through tsx: what npm adds is time. */
function run(args: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [require.resolve('tsx/cli'), 'cli/quote.ts', ...args],
    {
      cwd: ROOT,
      input,
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
  return { status, stdout, stderr };
}
function quote(cases: unknown, ...args: string[]) {
  const { status, stdout, stderr } = run([...args, '-'], JSON.stringify(cases));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as PublicQuoteItem[];
}

const instance = {
  id: 'ins-1',
  ...FACTS,
  billing: 'prepaid',
  state: 'running',
  orders: [order],
};
const base = {
  instance,
  action: 'return',
  at: '2026-11-03T00:00:00+08:00',
  returnsSoFar: { fiveDay: 1, ordinary: 0 },
};
const postpaid = { ...instance, billing: 'postpaid', orders: [] };
const timed = (at: string) => ({
  ...base,
  instance: postpaid,
  action: 'terminate',
  schedule: { mode: 'timed', at },
});

describe('what it answers', () => {
  const examples = POLICIES.flatMap((policy) => policy.examples);

  it('003-37…003-41, 001-15: every worked example of every policy, to the cent', () => {
    const items = quote(examples.map(({ rule: _rule, title: _title, expected: _expected, ...one }) => one));
    const seen = items.map((item, index) => {
      const { rule, title, expected, at } = examples[index]!;
      const releaseAfterSeconds = item.releaseTime && (Date.parse(item.releaseTime) - Date.parse(at)) / 1000;
      const blockers = item.blockers.map(({ code }) => code);
      const all: Record<string, unknown> = {
        ...item.refund,
        permitted: item.permitted,
        blockers,
        releaseAfterSeconds,
      };
      return { rule, title, ...Object.fromEntries(Object.keys(expected).map((key) => [key, all[key]])) };
    });
    expect(seen).toEqual(examples.map(({ rule, title, expected }) => ({ rule, title, ...expected })));
  });

  it('defaults, knobs, clocks and languages', () => {
    const { returnsSoFar: _, ...minimal } = base;
    const { id: _id, state: _state, network: _network, ...bare } = instance;
    const items = quote(
      [
        // 0–2: defaults: the rights are unused, the id is `instance`.
        minimal,
        { ...minimal, instance: bare },
        { ...base, returnsSoFar: { ordinary: 3 } },
        // 3–6: knobs by name.
        { ...base, at: '2026-11-30T00:00:00+08:00', policy: { capPartMonth: true } },
        {
          ...base,
          returnsSoFar: { fiveDay: 1, ordinary: 3 },
          policy: { ordinaryCount: 4, fiveDayPeriodDays: null },
        },
        { ...base, at: '2026-12-01T00:30:00+08:00', policy: { timeZone: 'America/New_York' } },
        { ...base, policy: { approvalThreshold: { CNY: '387.79' } } },
        // 7–9: the instance as it stands at `at`: expired into the bin, released, far away.
        { ...base, at: '2027-11-02T00:00:00+08:00' },
        { ...base, at: '2027-11-08T00:00:00+08:00' },
        { ...base, at: '2199-12-31T23:59:59+08:00' },
        // 10: the last instant that a timed termination may have.
        timed('2029-11-03T00:00:00+08:00'),
        // 11: another currency.
        {
          ...base,
          instance: {
            ...instance,
            prices: { ...instance.prices, currency: 'JPY' },
            orders: [{ ...order, paid: { cash: '408' } }],
          },
        },
      ],
      '--lang',
      'zh',
    );
    const brief = items.map(({ refund, blockers }) => [
      refund.kind,
      refund.amount ?? null,
      ...blockers.map(({ code }) => code),
    ]);
    expect(brief).toEqual([
      ['five-day', '407.96'],
      ['five-day', '407.96'],
      ['five-day', '407.96'],
      ['ordinary', '356.96'],
      ['ordinary', '387.80'],
      // New York's month is an hour longer, for its clock has gone back: not over yet.
      ['ordinary', '105.35'],
      ['ordinary', null, 'APPROVAL_REQUIRED'],
      ['none', null, 'WRONG_STATE'],
      ['none', null, 'WRONG_STATE'],
      ['none', null, 'WRONG_STATE'],
      ['none', '0.00'],
      ['ordinary', '388'],
    ]);
    expect(items.map(({ instanceId }) => instanceId).slice(0, 2)).toEqual(['ins-1', 'instance']);
    expect(items[6]!.blockers[0]!.message).toBe('该退还需要运营人员审批。');
    expect(items[10]!.releaseTime).toBe('2029-11-02T16:00:00.000Z');
  });

  it('003-25: renewals alone come back whole, a promotion one less its fee, and the instance runs on', () => {
    const paid = { cash: '300', gift: '207.96', income: '0', voucher: '10' };
    const renewed = (channel: string) => ({
      ...instance,
      orders: [
        order,
        {
          ...order,
          id: 'o2',
          kind: 'renewal',
          channel,
          startsAt: order.endsAt,
          endsAt: '2028-11-01T00:00:00+08:00',
          paid,
        },
      ],
    });
    const one = { ...base, action: 'return-renewals', instance: renewed('standard') };
    const items = quote([
      one,
      { ...one, at: '2027-11-01T00:00:00+08:00' },
      { ...one, instance: renewed('promotion') },
      { ...one, instance: renewed('promotion'), assisted: true },
      { ...one, instance: postpaid },
      // No right is needed for it, and an amount above the threshold needs approval all the same.
      { ...one, returnsSoFar: { fiveDay: 1, ordinary: 3 } },
      { ...one, policy: { approvalThreshold: { CNY: '507.95' } } },
    ]);
    expect(
      items.map(({ refund, blockers }) => [refund.amount ?? blockers.map(({ code }) => code), refund.fee]),
    ).toEqual([
      ['507.96', '0.00'],
      [['NOTHING_TO_RETURN'], undefined],
      [['PROMOTION_CHANNEL'], undefined],
      ['432.96', '75.00'],
      [['WRONG_ACTION'], undefined],
      ['507.96', '0.00'],
      [['APPROVAL_REQUIRED'], undefined],
    ]);
    expect(items[0]).toMatchObject({ plan: { terminate: [] }, releaseTime: null, warnings: [] });
    expect(items[0]!.refund.lines).toEqual([
      {
        label: 'Paid for an order not started (o2), without its voucher of 10',
        formula: '300 + 207.96',
        amount: '507.96',
      },
    ]);
    // 25 % of the order's 300 in cash (M11), out of cash first.
    expect(items[3]!.refund.parts).toEqual({ cash: '225.00', gift: '207.96', income: '0.00' });
  });

  it('one case from a file answers one item, also by way of npm', () => {
    const file = join(folder, 'case.json');
    writeFileSync(file, `\uFEFF${JSON.stringify(base)}`);
    const { status, stdout } = spawnSync('npm', ['run', '--silent', 'quote', '--', file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      instanceId: 'ins-1',
      refund: { amount: '387.80', kind: 'ordinary' },
    });
    expect(stdout).toContain('\n  "permitted": true,\n');
  });
});

describe('bad input', () => {
  const withOrders = (...orders: unknown[]) => ({ ...base, instance: { ...instance, orders } });
  const withPaid = (cash: unknown) => withOrders({ ...order, paid: { cash } });
  const renewal = (startsAt: string) => ({
    ...order,
    id: 'o2',
    kind: 'renewal',
    startsAt,
    endsAt: '2028-11-01T00:00:00+08:00',
  });
  const { action: _, ...noAction } = base;
  const { account: _account, ...noAccount } = instance;

  /** A case, and the pointers and codes that the message has to name. */
  const bad: [string, unknown, ...string[]][] = [
    ['negative', withPaid('-1'), '/instance/orders/0/paid/cash NOT_MONEY'],
    ['40 digits', withPaid('1'.repeat(40)), '/instance/orders/0/paid/cash NOT_MONEY'],
    [
      'more decimals than the currency has',
      withPaid('1.001'),
      '/instance/orders/0/paid/cash TOO_MANY_DIGITS',
    ],
    [
      'M30 a threshold for all currencies',
      { ...base, policy: { approvalThreshold: '1000' } },
      '/policy/approvalThreshold WRONG_TYPE',
    ],
    [
      'M30 a threshold in gold',
      { ...base, policy: { approvalThreshold: { XAU: '1' } } },
      '/policy/approvalThreshold/XAU UNKNOWN_CURRENCY',
    ],
    ['a number for money', withPaid(1.5), '/instance/orders/0/paid/cash NOT_MONEY'],
    [
      'unknown fields, all of them',
      { ...base, x: 1, instance: { ...instance, y: 2 } },
      '/x UNKNOWN_FIELD',
      '/instance/y UNKNOWN_FIELD',
    ],
    [
      'wrong types',
      { ...base, assisted: 'yes', instance: { ...instance, disks: {} } },
      '/assisted WRONG_TYPE',
      '/instance/disks WRONG_TYPE',
    ],
    ['an impossible date', { ...base, at: '2026-02-30T00:00:00+08:00' }, '/at IMPOSSIBLE_TIME'],
    ['a time without offset', { ...base, at: '2026-11-03T00:00:00' }, '/at NOT_A_TIME'],
    ['missing fields', { ...noAction, instance: noAccount }, '/action MISSING', '/instance/account MISSING'],
    ['no instance', { ...base, instance: undefined }, '/instance MISSING'],
    [
      'an unknown product',
      { ...base, instance: { ...instance, product: 'azure-vm' } },
      '/instance/product UNKNOWN_PRODUCT',
    ],
    ['an unknown action', { ...base, action: 'destroy' }, '/action NOT_ALLOWED'],
    ['a bad id', { ...base, instance: { ...instance, id: 'a b' } }, '/instance/id NOT_AN_ID'],
    [
      'M16 a gap',
      withOrders(order, renewal('2027-11-02T00:00:00+08:00')),
      '/instance/orders/1/startsAt ORDER_GAP',
    ],
    [
      'M16 an overlap',
      withOrders(order, renewal('2027-10-31T00:00:00+08:00')),
      '/instance/orders/1/startsAt ORDER_OVERLAP',
    ],
    [
      'no price to reckon with',
      { ...base, instance: { ...instance, prices: { version: '1', currency: 'CNY', month: '51' } } },
      '/instance/prices/hour PRICE_REQUIRED',
    ],
    [
      'M4 no monthly network price for the knob that needs one',
      {
        ...base,
        instance: { ...instance, network: { billing: 'bandwidth', hour: '1' } },
        policy: { networkUsage: 'months-then-hourly' },
      },
      '/instance/network/month NETWORK_PRICE_REQUIRED',
    ],
    ['an unknown knob', { ...base, policy: { capPartmonth: true } }, '/policy/capPartmonth UNKNOWN_FIELD'],
    [
      'bad knobs',
      { ...base, policy: { timeZone: 'Mars/Olympus', fiveDayCount: 0.5 } },
      '/policy/timeZone INVALID',
      '/policy/fiveDayCount NOT_A_WHOLE_NUMBER',
    ],
    [
      'counts below zero',
      { ...base, returnsSoFar: { fiveDay: -1, ordinary: 0 } },
      '/returnsSoFar/fiveDay TOO_SMALL',
    ],
    ['L2 a time that has passed', timed('2026-11-03T00:00:00+08:00'), '/schedule/at NOT_IN_FUTURE'],
    ['L2 a time too far ahead', timed('2029-11-03T00:00:01+08:00'), '/schedule/at TOO_FAR_AHEAD'],
    ['000-07 timed without a time', { ...timed(''), schedule: { mode: 'timed' } }, '/schedule/at MISSING'],
    [
      'a mode that the product has not',
      { ...base, schedule: { mode: 'later' } },
      '/schedule/mode MODE_NOT_OFFERED',
    ],
    [
      'a schedule and an instance at once',
      { ...base, schedule: { mode: 'later' }, instance: { ...instance, y: 2 } },
      '/schedule/mode MODE_NOT_OFFERED',
      '/instance/y UNKNOWN_FIELD',
    ],
    ['no object', 7, ' WRONG_TYPE'],
  ];

  it('names every bad field of every case by pointer, in one go, and prints no item', () => {
    const { status, stdout, stderr } = run(['-'], JSON.stringify([base, ...bad.map(([, one]) => one)]));
    expect([status, stdout]).toEqual([1, '']);
    const named = [...stderr.matchAll(/^ {2}(\S+): .* \[(\w+)\]$/gm)].map(
      ([, pointer, code]) => `${pointer} ${code}`,
    );
    const wanted = bad.flatMap(([, , ...issues], index) => issues.map((one) => `/${index + 1}${one}`));
    // What is no time at all is no possible time either; the schema says both.
    expect(named.filter((one) => wanted.includes(one) || !one.endsWith('IMPOSSIBLE_TIME')).sort()).toEqual(
      [...wanted].sort(),
    );
    expect(stderr).toContain('the knobs are: timeZone, networkUsage, capPartMonth');
    expect(stderr).toContain('run it again');
  });

  it.each<[string, string[], string, RegExp]>([
    ['bad JSON', ['-'], '{"instance": ', /the input is not JSON .*correct it/],
    ['empty input', ['-'], ' \n', /standard input is empty/],
    [
      'a file that is not there',
      [join(folder, 'none.json')],
      '',
      /none\.json can't be read .*check the path/,
    ],
    ['an unknown option', ['--frobnicate'], '', /Unknown option '--frobnicate' \(see --help\)/],
    ['a language that it does not speak', ['--lang', 'fr', '-'], '{}', /--lang must be one of: en, zh/],
  ])('%s: says so and what to do, exit 1', (_title, args, input, message) => {
    const { status, stdout, stderr } = run(args, input);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  it('--help shows a case that works', () => {
    const { status, stdout } = run(['--help']);
    expect(status).toBe(0);
    const example = stdout.slice(stdout.indexOf('\n{') + 1, stdout.indexOf('\n}') + 2);
    expect(quote([JSON.parse(example)])[0]).toMatchObject({ permitted: true, refund: { amount: '407.96' } });
  });
});

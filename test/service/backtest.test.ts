/**
 * `npm run backtest` on a real service's database: refunds are made, then run again under changed copies of
 * their policy.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tencentCvm } from '../../policies/tencent-cvm';
import { command, type Ran } from '../support/command';
import {
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  hoursAgo,
  newAccount,
  plusMonths,
  purchase,
  quote,
  redisPrepaid,
  register,
} from '../support/lives';
import { useService } from '../support/service';

const folder = mkdtempSync(join(tmpdir(), 'sunset-backtest-'));
const account = newAccount();
/** Instances by what was special about their return. */
const ids: Record<'fiveDay' | 'ordinary' | 'partMonth' | 'family' | 'redis', string> = {} as never;

const daysAgo = (days: number): string => hoursAgo((days * DAY) / 3_600_000);

const { service, http } = useService();
beforeAll(async () => {
  const returned = async (body: Fields): Promise<string> => {
    const id = await register(http, body);
    expect((await end(http, [id], { action: 'return' })).items).toMatchObject([{ status: 'done' }]);
    return id;
  };
  ids.fiveDay = await returned(cvmPrepaid({ account }));
  ids.ordinary = await returned(cvmPrepaid({ account }, daysAgo(3)));
  // Two months and twenty days: a part month that costs more than a month.
  const start = plusMonths(daysAgo(20), -2);
  ids.partMonth = await returned(
    cvmPrepaid({ account, orders: [purchase(start, { endsAt: plusMonths(start, 12) })] }),
  );
  ids.family = await returned(cvmPrepaid({ account: newAccount(), type: 'M9.LARGE' }, daysAgo(10)));
  ids.redis = await returned(redisPrepaid({ account }));
});

/** A copy of the policy's own file, changed by hand as an operator would. */
function changedCopy(name: string, changes: [from: string, to: string][]): string {
  let text = readFileSync(join(__dirname, '../../policies/tencent-cvm.ts'), 'utf8');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const backtest = async (...args: string[]): Promise<Ran> =>
  await command('cli/backtest.ts', args, { env: { DATABASE_URL: service.serviceUrl } });

async function report(...args: string[]) {
  const { code, out, err } = await backtest('--json', ...args);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const refundOf = async (id: string) =>
  expectStatus(await http.get(`/v1/refunds?instanceId=${id}`), 200).body.items[0]!;
const cents = (amount: string): number => Math.round(Number(amount) * 100);
const instancesOf = (body: { differences: { instanceId: string }[] }): string[] =>
  body.differences.map((one) => one.instanceId);

it('nothing differs under the policy as it is, which is read from its own file', async () => {
  const same = await report('--policy', 'policies/tencent-cvm.ts');
  expect(same).toMatchObject({
    policy: 'tencent-cvm@2026-11',
    refunds: 4,
    same: 4,
    changed: 0,
    refused: 0,
    notComputable: 0,
    differences: [],
  });
  const paid = await Promise.all([ids.fiveDay, ids.ordinary, ids.partMonth, ids.family].map(refundOf));
  const total = paid.reduce((sum, { amount }) => sum + cents(amount), 0);
  expect(same.totals).toMatchObject([{ currency: 'CNY', refunds: 4, difference: '0.00' }]);
  expect([cents(same.totals[0].old), cents(same.totals[0].new)]).toEqual([total, total]);
  expect(await report('--policy', 'policies/tencent-redis.ts')).toMatchObject({
    product: 'tencent-redis',
    refunds: 1,
    same: 1,
  });
});

it('M7: with the cap on a part month, the returns that it touches pay more, by their own sums', async () => {
  const changed = await report(
    '--policy',
    changedCopy('cap.ts', [['capPartMonth: false', 'capPartMonth: true']]),
  );
  expect(changed).toMatchObject({ refunds: 4, same: 2, changed: 2, refused: 0 });
  expect(instancesOf(changed)).toEqual([ids.partMonth, ids.family]);
  const [one] = changed.differences;
  const { amount, id } = await refundOf(ids.partMonth);
  // 407.96 − 2 × 51 − 51: the cap is a whole month's price.
  expect(one).toMatchObject({
    refundId: id,
    account,
    old: { kind: 'ordinary', amount },
    new: { kind: 'ordinary', amount: '254.96' },
  });
  expect(cents(one.difference)).toBe(25496 - cents(amount));
});

it('E1, E2: by calendar days none of these changes; without a five-day right its return is ordinary', async () => {
  const days = await report(
    '--policy',
    changedCopy('days.ts', [["fiveDayWindow: 'elapsed'", "fiveDayWindow: 'calendar-days'"]]),
  );
  expect(days).toMatchObject({ same: 4 });
  const rights = await report('--policy', changedCopy('rights.ts', [['fiveDayCount: 1', 'fiveDayCount: 0']]));
  expect(rights.differences).toMatchObject([
    {
      instanceId: ids.fiveDay,
      old: { kind: 'five-day', amount: '407.96' },
      new: { kind: 'ordinary', amount: '387.80' },
    },
  ]);
});

it('E3: another excluded family refuses its return, and the text says so', async () => {
  const file = changedCopy('family.ts', [
    ["families: ['SN2', 'CN2', 'FX2']", "families: ['SN2', 'CN2', 'FX2', 'M9']"],
  ]);
  const { amount, id } = await refundOf(ids.family);
  expect((await report('--policy', file)).differences).toMatchObject([
    { refundId: id, new: { blockers: ['FAMILY_EXCLUDED'] }, difference: `-${amount}` },
  ]);
  const { code, out } = await backtest('--policy', file);
  expect(code).toBe(0);
  expect(out).toMatch(/^Ran 4 refunds of tencent-cvm again under tencent-cvm@2026-11, as of \S+\.$/m);
  expect(out).toContain('3 the same, 0 paid otherwise, 1 refused.');
  expect(out).toContain(`ordinary ${amount} CNY`);
  expect(out).toContain('refused: FAMILY_EXCLUDED');
  expect(out).toMatch(/^CNY +4 +\d+\.\d\d +\d+\.\d\d +-\d+\.\d\d$/m);
});

it('takes JSON, an account, and a span of instants', async () => {
  const file = join(folder, 'cap.json');
  writeFileSync(file, JSON.stringify({ ...tencentCvm, knobs: { ...tencentCvm.knobs, capPartMonth: true } }));
  expect(instancesOf(await report('--policy', file, '--account', account))).toEqual([ids.partMonth]);
  expect(await report('--policy', file, '--until', daysAgo(1))).toMatchObject({ refunds: 0, totals: [] });
  expect(await report('--policy', file, '--since', daysAgo(1), '--until', hoursAgo(-1))).toMatchObject({
    refunds: 4,
  });
});

it('asks for nothing but to read', async () => {
  const url = `${service.serviceUrl}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
  const { code, out } = await command('cli/backtest.ts', ['--json', '--policy', 'policies/tencent-cvm.ts'], {
    env: { DATABASE_URL: url },
  });
  expect([code, JSON.parse(out).refunds]).toEqual([0, 4]);
});

it('what is open or refused is no refund yet, and what was undone is none any more', async () => {
  await quote(http, [await register(http, cvmPrepaid())], { action: 'return' });
  const { id } = await refundOf(ids.family);
  expectStatus(await http.post(`/v1/refunds/${id}/undo`, { reason: 'wrong instance' }), 200);
  const left = await report(
    '--policy',
    changedCopy('cap-again.ts', [['capPartMonth: false', 'capPartMonth: true']]),
  );
  expect(left).toMatchObject({ refunds: 3, changed: 1 });
  expect(instancesOf(left)).toEqual([ids.partMonth]);
});

describe('says what it can’t do, with exit 2', () => {
  const none = '--policy is missing: name the changed policy’s file (see npm run backtest -- --help)';
  it.each([
    ['no policy', [], none],
    ['an option that is none', ['--polcy', 'x'], "Unknown option '--polcy'"],
    ['no such file', ['--policy', '/nowhere/x.ts'], '/nowhere/x.ts is not there'],
    [
      'not an instant',
      ['--policy', 'policies/jd-vm.ts', '--since', 'yesterday'],
      '--since must be an instant with its offset',
    ],
  ])('%s', async (_, args, said) => {
    const { code, out, err } = await backtest(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`backtest: ${said}`);
  });

  it('a file that holds no policy: every bad field is named', async () => {
    const { examples: _, ...policy } = tencentCvm;
    const file = join(folder, 'bad.json');
    const bad = {
      ...policy,
      knobs: { ...policy.knobs, timeZone: 'Mars/Olympus', capPartMonth: 'yes', extra: 1 },
      returns: { ...policy.returns, promotionFeeRate: '25%' },
    };
    writeFileSync(file, JSON.stringify(bad));
    const { code, err } = await backtest('--policy', file);
    expect(code).toBe(2);
    expect(err).toBe(
      `backtest: ${file} holds no policy:\n` +
        '  /knobs/timeZone: is not a time zone, such as Asia/Shanghai\n' +
        '  /knobs/capPartMonth: has the wrong type: expected boolean\n' +
        '  /knobs/extra: is not a field that is known here\n' +
        '  /returns/promotionFeeRate: must be a decimal string from 0 to 1, such as "0.25"\n',
    );
  });

  it('a module without a policy, or with several', async () => {
    const file = join(folder, 'none.ts');
    writeFileSync(file, 'export const answer = 42;');
    expect((await backtest('--policy', file)).err).toContain(
      'exports no object: make the policy its default export',
    );
    expect((await backtest('--policy', 'policies/index.ts')).err).toContain('policies/index.ts');
    writeFileSync(file, 'export const answer = ;');
    expect((await backtest('--policy', file)).err).toContain(`${file} can't be read`);
  });

  it('no database', async () => {
    const nowhere = { DATABASE_URL: 'postgres://sunset:x@127.0.0.1:1/sunset' };
    const { code, err } = await command('cli/backtest.ts', ['--policy', 'policies/jd-vm.ts'], {
      env: nowhere,
    });
    expect(code).toBe(2);
    expect(err).toContain("backtest: the database can't be read");
  });
});

it('--help says what there is', async () => {
  const { code, out } = await backtest('--help');
  expect(code).toBe(0);
  for (const option of ['--policy', '--account', '--since', '--until', '--json', 'DATABASE_URL', 'Exit 0'])
    expect(out).toContain(option);
});

/** `sunset` for many instances at once, and its commands to living ones. */
import { type Ran, sunset, sunsetAtTerminal } from '../support/command';
import {
  cvmPostpaid,
  DAY,
  end,
  expectStatus,
  fromNow,
  instanceOf,
  newAccount,
  register,
} from '../support/lives';
import { useService } from '../support/service';

let env: NodeJS.ProcessEnv;
const { http } = useService();
beforeAll(async () => {
  env = { SUNSET_URL: http.url, SUNSET_OPERATOR_KEY: http.operatorKey };
});

const call = (args: string[]): Promise<Ran> => sunset(args, { env });
const flat = (text: string): string => text.replace(/ +/g, ' ');
const many = (count: number, account = newAccount()): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => register(http, cvmPostpaid({ account }))));
const states = (ids: string[]): Promise<string[]> =>
  Promise.all(ids.map(async (id) => (await instanceOf(http, id)).state));

describe('several at once', () => {
  it('one --yes-destroy with their number confirms all that are shown; another number changes nothing', async () => {
    const ids = await many(3);
    const wrong = await call(['terminate', ...ids, '--yes-destroy', '2']);
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining('They are 3, not 2. Nothing was changed.'),
    });
    expect(await states(ids)).toEqual(['running', 'running', 'running']);
    expect((await call(['terminate', ...ids, '--yes-destroy', '3'])).code).toBe(0);
    expect(await states(ids)).toEqual(['terminated', 'terminated', 'terminated']);
  });

  it('of one, its number confirms nothing: its id does', async () => {
    const [id] = await many(1);
    expect(await call(['terminate', id!, '--yes-destroy', '1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('names 1'),
    });
    expect(await states([id!])).toEqual(['running']);
  });

  it('at a terminal their number is typed once, and the bar moves while it goes', async () => {
    const ids = await many(12);
    const ran = await sunsetAtTerminal(['terminate', ...ids], 'to go on with all 12', '12\r', env);
    expect(ran.code).toBe(0);
    const seen = [...ran.out.matchAll(/working \[[█░]+\] (\d+)\/12/g)].map(([, done]) => Number(done));
    expect(seen[0]).toBeLessThan(12);
    expect(seen.at(-1)).toBe(12);
  });

  it('L17: --ignore-ended takes what is gone already for fine, and goes on with the rest', async () => {
    const [gone, inBin, alive] = await many(3);
    await end(http, [gone!]);
    await end(http, [inBin!], { schedule: { mode: 'later' } });
    const named = ['--yes-destroy', alive!];
    const strict = await call(['terminate', gone!, inBin!, '--yes-destroy', gone!, '--yes-destroy', inBin!]);
    expect(strict.code).toBe(1);
    const all = await call(['terminate', gone!, inBin!, '--ignore-ended', '--yes-destroy', '2']);
    expect(all).toMatchObject({ code: 0, out: expect.stringContaining('All of them have ended already.') });
    const rest = await call([
      'terminate',
      gone!,
      inBin!,
      alive!,
      '--ignore-ended',
      ...named,
      '--yes-destroy',
      '1',
    ]);
    expect(rest.code).toBe(0);
    expect(await states([gone!, alive!])).toEqual(['terminated', 'terminated']);
    expect(
      (await call(['terminate', gone!, 'nobody-knows-it', '--ignore-ended', '--yes-destroy', '2'])).code,
    ).toBe(1);
  });
});

describe('one by one', () => {
  it('start, stop, protect and unprotect, with a table of how they are', async () => {
    const [id] = await many(1);
    expect(flat((await call(['stop', id!])).out)).toContain(`${id} tencent-cvm postpaid stopped`);
    expect(flat((await call(['start', id!])).out)).toContain(`${id} tencent-cvm postpaid running`);
    expect((await call(['start', id!])).code).toBe(1);
    expect((await call(['protect', id!])).code).toBe(2);
    expect((await call(['protect', id!, '--reason', 'court', '--hold-release'])).code).toBe(0);
    expect((await instanceOf(http, id!)).protection).toMatchObject({ reason: 'court', holdRelease: true });
    const shown = await call(['show', id!]);
    expect(shown.out).toMatch(/protected: court \(operator, .*\), a legal hold/);
    expect((await call(['unprotect', id!, '--reason', 'closed'])).code).toBe(0);
  });

  it('an operation begins and ends', async () => {
    const [id] = await many(1);
    expect(flat((await call(['operation', 'begin', id!, 'resize'])).out)).toContain('changing');
    expect((await call(['show', id!])).out).toContain('operation: resize (operator)');
    expect(await call(['operation', 'end', id!])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--running or --stopped'),
    });
    expect((await call(['operation', 'end', id!, '--stopped'])).code).toBe(0);
    expect(await states([id!])).toEqual(['stopped']);
  });

  it('list has filters and pages, show has all of one, both the API’s JSON', async () => {
    const account = newAccount();
    const [waiting, other] = await many(2, account);
    await end(http, [waiting!], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    const all = await call(['list', '--account', account]);
    expect(all.out.split('\n').filter((line) => line.includes(account))).toHaveLength(2);
    const scheduled = await call(['list', '--account', account, '--scheduled', '--json']);
    expect(JSON.parse(scheduled.out)).toMatchObject({ items: [{ id: waiting }] });
    expect(JSON.parse(scheduled.out).items).toHaveLength(1);
    expect((await call(['list', '--account', account, '--limit', '1'])).err).toContain('There is more');
    const { clock: _shown, ...shown } = JSON.parse((await call(['show', other!, '--json'])).out);
    const { clock: _now, ...now } = await instanceOf(http, other!);
    expect(shown).toEqual(now);
    expect(await call(['show', 'nobody-knows-it'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('NOT_FOUND'),
    });
  });

  it('L19: the timeline says what there is to say', async () => {
    const [id] = await many(1);
    await end(http, [id!], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    expectStatus(await http.post(`/v1/instances/${id}/reschedule`, { at: fromNow(5 * DAY) }), 200);
    expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'resale?' }), 200);
    const told = await call(['timeline', id!]);
    expect(flat(told.out)).toMatch(/reschedule running operator – from \d{4}-.* to \d{4}-/);
    expect(flat(told.out)).toMatch(/– .* hold running operator – reason resale\?/);
  });
});

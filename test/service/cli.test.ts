/** Every command of `sunset`, run as people and programs run it, on the real service. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lastWatch } from '../../store/lives/watch';
import { watchOnce } from '../../worker/watch';
import { workflowsOf } from '../../worker/workflows';
import { workflowId } from '../../workflows/messages';
import { PRICES } from '../fixtures/background';
import { type Ran, type RunOptions, sunset, sunsetAtTerminal } from '../support/command';
import { blocksOf } from '../support/commands-in-docs';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fromNow,
  hoursAgo,
  instanceOf,
  newAccount,
  newId,
  purchase,
  redisPostpaid,
  redisPrepaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const ROOT = join(__dirname, '..', '..');
const COMMANDS = [
  'register',
  'import',
  'list',
  'show',
  'start',
  'stop',
  'protect',
  'unprotect',
  'operation',
  'quote',
  'terminate',
  'return',
  'cancel',
  'reschedule',
  'bin',
  'restore',
  'purge',
  'request-refund',
  'requests',
  'approve',
  'deny',
  'undo',
  'hold',
  'unhold',
  'refunds',
  'explain',
  'timeline',
  'statement',
  'adjust',
  'adjustments',
  'fast-forward',
  'repair',
  'keys',
  'doctor',
];
let env: NodeJS.ProcessEnv;
const servers: Server[] = [];
const { service, http } = useService();
beforeAll(async () => {
  env = { SUNSET_URL: http.url, SUNSET_OPERATOR_KEY: http.operatorKey };
});
afterAll(async () => {
  for (const server of servers) server.close();
});

const call = async (args: string[], options: RunOptions = {}): Promise<Ran> =>
  await sunset(args, { ...options, env: { ...env, ...options.env } });
const atTerminal = async (args: string[], question: string, typed: string): Promise<Ran> =>
  await sunsetAtTerminal(args, question, typed, env);
const json = (ran: Ran) => JSON.parse(ran.out);
/** Its clock goes on between two looks. */
const still = ({ clock, ...rest }: Fields): Fields => rest;
/** A table's columns don't matter. */
const flat = (text: string): string => text.replace(/ +/g, ' ');

const folder = mkdtempSync(join(tmpdir(), 'sunset-cli-'));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const yamlOf = (id: string, account: string): string => `
id: ${id}
account: ${account}
product: tencent-cvm
billing: prepaid
region: ap-guangzhou
prices: {version: 2026-11, currency: CNY, month: 51, hour: 0.42}
orders:
  - {id: o1, kind: purchase, months: 12, startsAt: ${fromNow(-2 * DAY)}, endsAt: ${fromNow(363 * DAY)}, paid: {cash: 407.90, voucher: 100}}
disks: [{id: d1, kind: data, storage: elastic, month: 5.50}]
`;

describe('register', () => {
  it('takes JSON, and says the same again', async () => {
    const id = newId();
    const path = file('one.json', JSON.stringify({ id, ...cvmPostpaid() }));
    const first = await call(['register', path, '--json']);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(still(json(first))).toEqual(still(await instanceOf(http, id)));
    const again = await call(['register', path]);
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 registered, 1 known before, 0 refused'),
    });
    expect(flat(again.out)).toContain(`${id} tencent-cvm postpaid running –`);
  });

  it('takes many from YAML, amounts as they are written, and a list from standard input', async () => {
    const [one, two, three] = [newId(), newId(), newId()];
    const account = newAccount();
    const [yaml, list] = await Promise.all([
      call(['register', file('two.yaml', `${yamlOf(one, account)}---${yamlOf(two, account)}`)]),
      call(['register', '-', '--json'], { input: JSON.stringify([{ id: three, ...cvmPostpaid() }]) }),
    ]);
    expect(yaml).toMatchObject({ code: 0, out: expect.stringContaining('2 registered') });
    const { orders, prices, disks } = await instanceOf(http, one);
    expect(orders[0]!.paid).toMatchObject({ cash: '407.90', voucher: '100.00' });
    expect(prices).toMatchObject({ version: '2026-11', hour: '0.42' });
    expect(disks[0]!.month).toBe('5.50');
    expect(json(list)).toMatchObject([{ id: three, state: 'running' }]);
  });

  it('names every bad field by its pointer, and registers the others', async () => {
    const [good, bad] = [newId(), newId()];
    const input = JSON.stringify([
      { id: good, ...cvmPostpaid() },
      {
        id: bad,
        ...cvmPrepaid(),
        surprise: 1,
        prices: { version: '1', currency: 'CNY', month: 51, hour: '0.42' },
      },
    ]);
    const [text, zh, program] = await Promise.all([
      call(['register', '-'], { input }),
      call(['register', '-', '--lang', 'zh'], { input }),
      call(['register', '-', '--json'], { input }),
    ]);
    expect(text.code).toBe(1);
    expect(text.err).toMatch(new RegExp(`^${bad}: .*\\[INVALID_REQUEST\\]$`, 'm'));
    expect(text.err).toMatch(/^ {2}\/surprise: is not a field that is known here \[UNKNOWN_FIELD\]$/m);
    expect(text.err).toMatch(/^ {2}\/prices\/month: must be a decimal string .*\[NOT_MONEY\]$/m);
    expect(text.err).toMatch(/^next: Correct the fields/m);
    expect(zh.err).toMatch(/^ {2}\/surprise: 未知字段 \[UNKNOWN_FIELD\]$/m);
    expect(program).toMatchObject({ code: 1, err: '' });
    expect(json(program)).toMatchObject([{ id: good }, { status: 400, code: 'INVALID_REQUEST' }]);
  });

  it('refuses what it can’t read before it asks anybody', async () => {
    const bad: [string[], string][] = [
      [['register', join(folder, 'nowhere.json')], "can't be read (ENOENT"],
      [['register', file('broken.json', '{"id": ')], 'is not JSON'],
      [['register', file('broken.yaml', 'id: [1')], 'is not YAML'],
      [['register', file('empty.yaml', ' ')], 'is empty'],
      [
        ['register', file('noid.json', '[{"account": "1"}, 7]')],
        '/0/id: is required\n  /1: is not a registration',
      ],
      [['register'], "missing required argument 'file'"],
    ];
    const ran = await Promise.all(bad.map(([args]) => call(args)));
    for (const [index, one] of ran.entries())
      expect(one).toMatchObject({ code: 2, out: '', err: expect.stringContaining(bad[index]![1]) });
  });
});

describe('quote', () => {
  it('shows what goes, what stays and the refund, and changes nothing', async () => {
    const id = await register(http, cvmPrepaid());
    const [text, zh, program] = await Promise.all([
      call(['quote', 'return', id]),
      call(['quote', 'return', id, '--lang', 'zh']),
      call(['quote', 'return', id, '--json', '--five-day-for', id]),
    ]);
    expect(text.code).toBe(0);
    expect(flat(text.out)).toContain(
      `${id}: permitted\n goes instance ${id}, disk d1\n stays disk d2 (Elastic cloud disks are kept.), address ip1`,
    );
    expect(flat(text.out)).toContain(
      'refund 407.96 CNY, five-day return: cash 407.96, gift 0.00, income 0.00\n 407.96 Paid (o1)',
    );
    expect(zh.out).toContain('五天无理由退还：现金 407.96'.replace('：', ': '));
    const quote = json(program);
    expect(quote).toEqual((await http.get(`/v1/quotes/${quote.id}`)).body);
    expect((await instanceOf(http, id)).step).toBe(0);
  });

  it('says what blocks, and the next step', async () => {
    const id = await register(http, cvmPostpaid());
    const [blocked, missing, mode] = await Promise.all([
      call(['quote', 'return', id]),
      call(['quote', 'terminate', 'nobody-knows-it']),
      call(['quote', 'terminate', id, '--at', 'tomorrow']),
    ]);
    expect(blocked.code).toBe(1);
    expect(flat(blocked.out)).toMatch(
      /blocked This action is not the one .* \[WRONG_ACTION\] → Terminate pay-as-you-go instances/,
    );
    expect(missing).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\[NOT_FOUND\]\n {2}\/instanceIds\/0: does not exist \[NOT_FOUND\]\nnext: /),
    });
    expect(mode).toMatchObject({
      code: 1,
      err: expect.stringContaining('/schedule/at: must be an ISO-8601 date and time'),
    });
  });
});

describe('terminate and return', () => {
  it('without a terminal it wants every id by name, and else does nothing', async () => {
    const id = await register(http, cvmPostpaid());
    const [bare, strange, both] = await Promise.all([
      call(['terminate', id]),
      call(['terminate', id, '--yes-destroy', id, '--yes-destroy', 'other']),
      call(['terminate', id, '--later', '--at', fromNow(DAY), '--yes-destroy', id]),
    ]);
    expect(bare).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(`no terminal to ask at: add --yes-destroy ${id}`),
    });
    expect(strange).toMatchObject({ code: 2, err: expect.stringContaining('--yes-destroy names other') });
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('--later') });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', step: 0 });
  });

  it('now, later and at a time', async () => {
    const [now, later, timed] = await Promise.all([1, 2, 3].map(() => register(http, cvmPostpaid())));
    const at = fromNow(3 * DAY);
    const [text, program, third] = await Promise.all([
      call(['terminate', now!, '--yes-destroy', now!]),
      call(['terminate', later!, '--later', '--yes-destroy', later!, '--json']),
      call(['terminate', timed!, '--at', at, '--yes-destroy', timed!]),
    ]);
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(flat(text.out)).toMatch(new RegExp(`goes instance ${now}.*\\n(.*\\n)+${now} done \\d{4}-`));
    expect(json(program)).toEqual((await http.get(`/v1/terminations/${json(program).id}`)).body);
    expect(third.code).toBe(0);
    const states = await Promise.all([now!, later!, timed!].map((id) => instanceOf(http, id)));
    expect(states.map(({ state }) => state)).toEqual(['terminated', 'isolated', 'running']);
    expect(states[2]!.termination!.at).toBe(at);
  });

  it('one that is blocked does not stop the others; nothing permitted ends with 1', async () => {
    const [fine, wrong] = await Promise.all([register(http, cvmPostpaid()), register(http, cvmPrepaid())]);
    const named = ['--yes-destroy', fine, '--yes-destroy', wrong];
    const mixed = await call(['terminate', fine, wrong, ...named]);
    expect(mixed.code).toBe(1);
    expect(flat(mixed.out)).toContain(`${wrong} refused`);
    expect(mixed.err).toMatch(new RegExp(`^${wrong}: .*`, 'm'));
    expect((await instanceOf(http, fine)).state).toBe('terminated');
    const [none, program] = await Promise.all([
      call(['terminate', wrong, '--yes-destroy', wrong]),
      call(['terminate', wrong, '--yes-destroy', wrong, '--json']),
    ]);
    expect(none).toMatchObject({ code: 1, out: expect.stringContaining('WRONG_ACTION') });
    expect(program.code).toBe(1);
    expect(json(program)).toMatchObject({ status: 409, code: 'NOTHING_PERMITTED' });
  });

  it('at a terminal the id is typed; another id and Ctrl-C change nothing', async () => {
    const [typed, mistyped, broken] = await Promise.all([1, 2, 3].map(() => register(http, cvmPostpaid())));
    const [yes, no, stopped] = await Promise.all([
      atTerminal(['terminate', typed!], 'to go on', `${typed}\r`),
      atTerminal(['terminate', mistyped!], 'to go on', `${typed}\r`),
      atTerminal(['terminate', broken!], 'to go on', '\x03'),
    ]);
    expect(yes.out).toContain(`goes      instance ${typed}`);
    expect(yes.code).toBe(0);
    expect(no).toMatchObject({
      code: 1,
      out: expect.stringContaining(`That is not ${mistyped}. Nothing was changed.`),
    });
    expect(stopped).toMatchObject({ code: 130, out: expect.stringContaining('Nothing was changed.') });
    const states = await Promise.all([typed!, mistyped!, broken!].map((id) => instanceOf(http, id)));
    expect(states.map(({ state }) => state)).toEqual(['terminated', 'running', 'running']);
  });

  it('at a terminal many items have a bar', async () => {
    const input = JSON.stringify([1, 2, 3].map(() => ({ id: newId(), ...cvmPostpaid() })));
    const ran = await atTerminal(['register', file('three.json', input)], 'never asked', '');
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('registering [██████████████████████████████] 3/3');
  });

  it('a return pays, and the refund is listed, explained and on the statement', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }));
    const ended = await call(['return', id, '--yes-destroy', id]);
    expect(ended.code).toBe(0);
    const refundId = /sunset explain (\S+)/.exec(ended.out)![1]!;
    const statementPath = `/v1/accounts/${account}/statement`;
    const [refunds, refundsJson, explained, explainedJson, statement, statementJson] = await Promise.all([
      call(['refunds', '--account', account]),
      call(['refunds', '--instance', id, '--status', 'done', '--json']),
      call(['explain', refundId!]),
      call(['explain', refundId, '--json']),
      call(['statement', account]),
      call(['statement', account, '--json']),
    ]);
    expect(flat(refunds.out)).toContain(`${refundId} ${id} ${account} five-day return 407.96 CNY done`);
    expect(json(refundsJson)).toEqual((await http.get(`/v1/refunds?instanceId=${id}`)).body);
    expect(flat(explained.out)).toContain(`${id}: 407.96 CNY, five-day return`);
    expect(flat(explained.out)).toContain('407.96 deferred:o1 refunds\n 407.96 refunds customer:cash');
    expect(flat(explained.out)).toMatch(/ 407\.96 Paid \(o1\), without its voucher of 100/);
    expect(json(explainedJson)).toEqual((await http.get(`/v1/refunds/${refundId}`)).body);
    expect(flat(statement.out)).toContain(`refund 407.96 CNY 407.96 0.00 0.00 ${id}`);
    expect(json(statementJson)).toEqual((await http.get(statementPath)).body);
  });
});

describe('timed terminations', () => {
  it('are moved and cancelled; what is refused says its state and the next step', async () => {
    const [one, two, none] = await Promise.all([1, 2, 3].map(() => register(http, cvmPostpaid())));
    await end(http, [one!, two!], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    const at = fromNow(4 * DAY);
    const [moved, bad] = await Promise.all([
      call(['reschedule', one!, at]),
      call(['reschedule', two!, 'next week']),
    ]);
    expect(moved).toMatchObject({ code: 0, out: expect.stringContaining('terminated at ') });
    expect((await instanceOf(http, one!)).termination!.at).toBe(at);
    expect(bad).toMatchObject({
      code: 1,
      err: expect.stringContaining('/at: must be an ISO-8601 date and time'),
    });

    const [cancelled, program] = await Promise.all([
      call(['cancel', one!, none!]),
      call(['cancel', two!, '--json']),
    ]);
    expect(cancelled.code).toBe(1);
    expect(flat(cancelled.out)).toContain(`${one} tencent-cvm postpaid running –`);
    expect(cancelled.err).toContain(
      `${none}: No timed termination is scheduled for the instance. Its state is running. [NOT_SCHEDULED]\nnext: `,
    );
    expect(still(json(program))).toEqual(still(await instanceOf(http, two!)));
  });
});

describe('the recycle bin', () => {
  it('is listed by pages, and gives back', async () => {
    const account = newAccount();
    const [free, prepaid] = await Promise.all([
      register(http, redisPostpaid({ account })),
      register(http, cvmPrepaid({ account })),
    ]);
    await Promise.all([end(http, [free]), end(http, [prepaid], { action: 'return' })]);
    const [page, all, program, filtered] = await Promise.all([
      call(['bin', '--account', account, '--limit', '1']),
      call(['bin', '--account', account, '--all']),
      call(['bin', '--account', account, '--json']),
      call(['bin', '--account', account, '--product', 'tencent-cvm', '--region', 'ap-guangzhou']),
    ]);
    expect(page).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^There is more: --cursor \S+, or --all/),
    });
    expect(page.out).not.toContain(prepaid);
    expect(flat(all.out)).toMatch(
      new RegExp(`${free} ${account} tencent-redis postpaid terminate .* free\\n${prepaid} .* by renewal`),
    );
    const { body } = await http.get(`/v1/recycle-bin?account=${account}`);
    expect(json(program).items.map(still)).toEqual(body.items.map(still));
    expect(json(program).nextCursor).toEqual(body.nextCursor);
    expect(filtered.out).not.toContain(free);

    const [back, bare, renewed] = await Promise.all([
      call(['restore', free]),
      call(['restore', prepaid]),
      // The other one is refused for want of a renewal, whichever comes first.
      call(['restore', prepaid, '--months', '1', '--paid', 'cash=51', '--json']),
    ]);
    expect(flat(back.out)).toContain(`${free} tencent-redis postpaid running –`);
    expect(bare).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\/renewal: restoring a prepaid instance needs a renewal|WRONG_STATE/),
    });
    expect(json(renewed)).toMatchObject({
      id: prepaid,
      state: 'running',
      orders: [{ status: 'closed' }, { status: 'in-force', paid: { cash: '51.00' } }],
    });
  });

  it('releases for good only what was named', async () => {
    const id = await register(http, cvmPrepaid());
    await end(http, [id], { action: 'return' });
    expect(await call(['purge', id])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(`--yes-destroy ${id}`),
    });
    expect((await instanceOf(http, id)).state).toBe('isolated');
    const purged = await call(['purge', id, '--yes-destroy', id]);
    expect(purged.code).toBe(0);
    expect(purged.out).toContain(
      `${id} (isolated): goes for good ${id}, d1; stays d2, ip1; 407.96 CNY was paid back before.`,
    );
    expect(flat(purged.out)).toContain(`${id} tencent-cvm prepaid terminated –`);
    expect(await call(['purge', id, '--yes-destroy', id, '--json'])).toMatchObject({ code: 1, err: '' });
  });

  it('says of a release what was paid back, not what was undone or denied since', async () => {
    const id = await register(http, redisPrepaid());
    const { refundId } = (await end(http, [id], { action: 'return' })).items[0]!;
    expectStatus(await http.post(`/v1/refunds/${refundId}/undo`, { reason: 'wrong instance' }), 200);
    expect((await call(['purge', id, '--yes-destroy', id])).out).toContain('; nothing is paid back.');
  });
});

describe('timeline and fast-forward', () => {
  it('tells what happened, by the instance’s own clock', async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    const [forwarded, bad] = await Promise.all([
      call(['fast-forward', id, 'PT3H']),
      call(['fast-forward', id, 'soon']),
    ]);
    expect(forwarded).toMatchObject({ code: 0, out: expect.stringContaining('terminated') });
    expect(bad).toMatchObject({
      code: 1,
      err: expect.stringContaining('/duration: must be an ISO-8601 duration'),
    });
    const [text, program, zh] = await Promise.all([
      call(['timeline', id]),
      call(['timeline', id, '--json']),
      call(['timeline', id, '--lang', 'zh', '--limit', '1']),
    ]);
    expect(flat(text.out)).toMatch(
      /0 \S+ \S+ \+00:00 register running operator – –\n1 .* terminate running → isolated .*\n2 .* release isolated → terminated/,
    );
    expect(json(program)).toEqual((await http.get(`/v1/instances/${id}/timeline`)).body);
    expect(zh.out).toContain('步骤');
  });
});

describe('a command that is run again', () => {
  it('with a key of its own gets the first answer', async () => {
    const id = await register(http, cvmPostpaid());
    const args = ['terminate', id, '--yes-destroy', id, '--json', '--idempotency-key', `mine-${id}`];
    const first = await call(args);
    const second = await call(args);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(json(second).id).toBe(json(first).id);
    expect(await timelineOf(http, id)).toHaveLength(2);
  });

  it('is not held to a refusal of yesterday', async () => {
    const account = newAccount();
    const id = await register(http, redisPostpaid({ account }));
    await end(http, [id]);
    const arrears = async (value: boolean) =>
      expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: value, reason: 'test' }), 200);
    await arrears(true);
    expect(await call(['restore', id])).toMatchObject({
      code: 1,
      err: expect.stringContaining('[IN_ARREARS]'),
    });
    await arrears(false);
    expect(await call(['restore', id])).toMatchObject({ code: 0, out: expect.stringContaining('running') });
  });

  it('repeats by itself when the connection breaks, and does things once', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    const { url, cut } = await proxyThatCutsOnce('/cancel');
    expect(await call(['cancel', id], { env: { SUNSET_URL: url } })).toMatchObject({ code: 0, err: '' });
    expect(cut()).toBe(true);
    expect((await timelineOf(http, id)).map(({ command }) => command)).toEqual([
      'register',
      'terminate',
      'cancel',
    ]);
  });
});

/**
 * Passes everything on, and once swallows the answer to a request for a path: the caller can't know whether
 * it was carried out.
 */
async function proxyThatCutsOnce(path: string): Promise<{ url: string; cut: () => boolean }> {
  let isCut = false;
  const { port } = new URL(http.url);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const {
      host: _,
      connection: __,
      'content-length': ___,
      'transfer-encoding': ____,
      ...headers
    } = request.headers as Record<string, string>;
    const body = Buffer.concat(chunks);
    const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, {
      method: request.method!,
      headers,
      ...(body.length ? { body } : {}),
    });
    const text = await answer.text();
    if (!isCut && request.url!.endsWith(path)) {
      isCut = true;
      response.socket!.destroy();
    } else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  return { url: await listening(server), cut: () => isCut };
}

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('return --renewals', () => {
  async function renewed(): Promise<string> {
    const id = await register(http, cvmPrepaid());
    const paid = { cash: '300', gift: '207.96', income: '0', voucher: '10' };
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        channel: 'standard',
        months: 12,
        paid,
      }),
      200,
    );
    return id;
  }

  it('is quoted, confirmed by --yes, and pays what has not started; nothing is said to be destroyed', async () => {
    const id = await renewed();
    const [quoted, zh] = await Promise.all([
      call(['quote', 'return-renewals', id]),
      call(['quote', 'return-renewals', id, '--lang', 'zh']),
    ]);
    expect(quoted.code).toBe(0);
    expect(flat(quoted.out)).toContain(
      `${id}: permitted\n stays instance ${id} with all its parts; it runs on\n refund 507.96 CNY, return of renewals: cash 300.00, gift 207.96`,
    );
    expect(quoted.out).not.toMatch(/goes|released|destroy/);
    expect(zh.out).toContain('507.96 CNY, 退还续费');
    const [bare, wrong, both] = await Promise.all([
      call(['return', '--renewals', id]),
      call(['return', '--renewals', id, '--yes-destroy', id]),
      call(['return', id, '--yes', id]),
    ]);
    expect(bare).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `this has to be confirmed, and there is no terminal to ask at: add --yes ${id}`,
      ),
    });
    expect(wrong).toMatchObject({
      code: 2,
      err: expect.stringContaining('destroys nothing: confirm it by --yes'),
    });
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('confirm it by --yes-destroy') });
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(['in-force', 'future']);

    const done = await call(['return', '--renewals', id, '--yes', id]);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(await instanceOf(http, id)).toMatchObject({
      state: 'running',
      orders: [{ status: 'in-force' }, { status: 'closed' }],
    });
    const explained = await call(['explain', /sunset explain (\S+)/.exec(done.out)![1]!]);
    expect(flat(explained.out)).toContain(`${id}: 507.96 CNY, return of renewals, done`);
    expect(flat(explained.out)).toMatch(/ action return-renewals\n/);
    const again = await call(['return', '--renewals', id, '--yes', id]);
    expect(again).toMatchObject({ code: 1, out: expect.stringContaining('[NOTHING_TO_RETURN]') });
  });

  it('at a terminal the id is typed', async () => {
    const id = await renewed();
    const ran = await atTerminal(['return', '--renewals', id], 'to go on', `${id}\r`);
    expect(ran.code).toBe(0);
    expect(ran.out).not.toMatch(/destroy/);
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(['in-force', 'closed']);
  });
});

describe('the operator’s path', () => {
  /** The key of somebody else than who asks: nobody decides on an own request. */
  let approver: string[];
  beforeAll(async () => {
    const made = await http.post('/v1/keys', {
      account: null,
      name: 'approver',
      permissions: ['read', 'refund:approve'],
    });
    approver = ['--key', expectStatus(made, 201).body.key];
  });
  /** Beyond its five days: an ordinary return, with the fee of a promotion order. */
  const promoted = async (): Promise<string> => {
    const order = purchase(hoursAgo(24 * 40), { channel: 'promotion' });
    return await register(http, cvmPrepaid({ orders: [order], prices: { ...PRICES, hour: '0.01' } }));
  };
  const asked = async (id: string) =>
    json(await call(['request-refund', id, '--reason', 'bought by mistake', '--json']));
  const approved = (id: string, ...more: string[]) =>
    call(['approve', id, '--reason', 'checked', '--yes', id, ...more]);

  it('a request is made with its fee in sight, listed, and approved by another', async () => {
    const id = await promoted();
    const made = await call(['request-refund', id, '--reason', 'bought by mistake']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(flat(made.out)).toMatch(
      /^rr_\S+: in_review\n .* operator asked: bought by mistake \(rr_\S+\)\n nobody has decided yet\n/,
    );
    expect(flat(made.out)).toMatch(/ refund 2\d\d\.\d\d CNY, ordinary return: .*; fee 101\.99\n/);
    const { items } = (await http.get(`/v1/refund-requests?instanceId=${id}`)).body;
    const { id: requestId, refundId, preview, account } = items[0]!;
    const [text, program, others, twice, own] = await Promise.all([
      call(['requests', '--account', account, '--status', 'in_review']),
      call(['requests', '--instance', id, '--json']),
      call(['requests', '--account', account, '--status', 'done']),
      call(['request-refund', id, '--reason', 'bought by mistake']),
      approved(requestId),
    ]);
    expect(flat(text.out)).toContain(
      `${requestId} ${id} ${account} ${preview.refund.amount} CNY in_review operator bought by mistake –`,
    );
    expect(json(program).items).toEqual(items);
    expect(others.out).toBe('Nothing.\n');
    expect(twice).toMatchObject({ code: 1, err: expect.stringContaining('[IN_REVIEW]') });
    expect(own).toMatchObject({ code: 1, err: expect.stringContaining('[SELF_APPROVAL]') });
    expect(flat((await call(['explain', refundId!])).out)).toMatch(
      /What keeps it back\n .* \[APPROVAL_REQUIRED\]\n next: /,
    );

    const done = await approved(requestId, ...approver);
    expect(done).toMatchObject({ code: 0, err: '' });
    const refund = (await http.get(`/v1/refunds/${refundId}`)).body;
    expect(flat(done.out)).toContain('; fee 101.99');
    expect(done.out).toContain(`Approved: ${refund.amount} CNY, fee 101.99: done.`);
    expect(done.out).toContain(`sunset explain ${refundId}`);
    expect((await instanceOf(http, id)).state).toBe('isolated');
    // Again by the same person: what was decided is answered, and nothing happens twice.
    const again = await approved(requestId, '--json', ...approver);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(json(again)).toEqual((await http.get(`/v1/refund-requests/${requestId}`)).body);
    expect(await timelineOf(http, id)).toHaveLength(2);
  });

  it('a request for renewals only says so, and the instance runs on', async () => {
    const id = await promoted();
    const order = { kind: 'renewal', channel: 'promotion', months: 1, paid: { cash: '100' } };
    expectStatus(await http.post(`/v1/instances/${id}/orders`, order), 200);
    const made = await call(['request-refund', id, '--renewals', '--reason', 'moving away']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(flat(made.out)).toContain(
      'refund 75.00 CNY, return of renewals: cash 75.00, gift 0.00, income 0.00; fee 25.00',
    );
    const { id: requestId } = (await http.get(`/v1/refund-requests?instanceId=${id}`)).body.items[0]!;
    expect(await approved(requestId, ...approver)).toMatchObject({ code: 0, err: '' });
    expect((await instanceOf(http, id)).state).toBe('running');
  });

  it('explain has the whole sum: its inputs, lines that add up, split, fee, and who decided', async () => {
    const id = await promoted();
    const { id: requestId, refundId } = await asked(id);
    await approved(requestId, ...approver);
    const [text, zh, program] = await Promise.all([
      call(['explain', refundId!]),
      call(['explain', refundId, '--lang', 'zh']),
      call(['explain', refundId, '--json']),
    ]);
    const refund = (await http.get(`/v1/refunds/${refundId}`)).body;
    expect(json(program)).toEqual(refund);
    const shown = flat(text.out);
    expect(text.code).toBe(0);
    expect(shown).toContain(
      `${id}: ${refund.amount} CNY, ordinary return, done\naccount ${refund.account}: cash ${refund.amount}, gift 0.00`,
    );
    expect(shown).toMatch(
      / operator asked: bought by mistake \(rr_\S+\)\n .* operator:approver approved: checked\n/,
    );
    expect(shown).toMatch(
      / action return, approved by an operator\n rules tencent-cvm@\S+\n knobs timeZone Asia\/Shanghai, .*networkUsage hourly, /,
    );
    expect(shown).toContain(
      ' prices version 2026-11: 51 CNY a month, 0.01 CNY an hour; discounts: × 0.88 from 6 months, × 0.83 from 12 months\n',
    );
    expect(shown).toMatch(/ network by traffic\n/);
    expect(shown).toMatch(/ o1 purchase promotion 20.* 407\.96 0(\.00)? 0(\.00)? 100(\.00)? –\n/);
    const section = shown.slice(shown.indexOf('How it was computed'), shown.indexOf('How it is split'));
    const cents = [...section.matchAll(/^ (-?\d+\.\d\d) /gm)].map(([, amount]) =>
      Math.round(Number(amount) * 100),
    );
    expect(cents.length).toBeGreaterThan(3);
    expect(cents.reduce((sum, one) => sum + one, 0)).toBe(Math.round(Number(refund.amount) * 100));
    expect(section).toContain(`computed again just now: ${refund.amount} CNY, the same`);
    const [cell] = refund.calculation.cells;
    expect(shown).toContain(
      `How it is split\n amount order source\n ${cell!.amount} o1 cash\n -101.99 fee cash first, then gift, then income\n ${refund.amount} paid back`,
    );
    expect(shown).toMatch(/ in_review\n .* requested\n .* isolating\n .* booked\n .* done\n/);
    expect(shown).toContain('101.99 refunds fees');
    for (const word of [
      '申请与审批',
      '计算依据',
      '计算过程',
      `刚刚重新计算：${refund.amount} CNY，结果一致`,
      '金额拆分',
    ])
      expect(zh.out).toContain(word);
  });

  it('explain says so, with exit 1, when the sum done again is another', async () => {
    // A booked refund can't be changed; one in review has its calculation made again at the approval.
    const { refundId } = await asked(await promoted());
    const { amount } = (await http.get(`/v1/refunds/${refundId}`)).body;
    await service.pool.query(
      `UPDATE refunds SET calculation = jsonb_set(calculation, '{inputs,orders,0,paid,cash}', '"507.96"') WHERE id = $1`,
      [refundId],
    );
    const [text, zh, program] = await Promise.all([
      call(['explain', refundId!]),
      call(['explain', refundId, '--lang', 'zh']),
      call(['explain', refundId, '--json']),
    ]);
    expect([text.code, zh.code, program.code]).toEqual([1, 1, 1]);
    expect(text.out).toMatch(/WARNING: computed again just now: 32\d\.\d\d CNY/);
    expect(text.out).toContain(`CNY, fee 126.99.\n  What is kept is ${amount} CNY, fee 101.99`);
    expect(zh.out).toContain('警告');
    expect(json(program).calculation.rebuilt.matches).toBe(false);
  });

  it('explain names tiers of the hour, a network that was switched, prices of an order, and orders that are over', async () => {
    const startsAt = hoursAgo(48);
    const own = { version: '2026-12', currency: 'CNY', month: '40', hour: '0.30', discounts: [] };
    const first = purchase(startsAt);
    const second = { ...purchase(first.endsAt), id: 'o2', kind: 'renewal', prices: own };
    const network = { billing: 'traffic', hour: '0.063', switchedToTrafficAt: hoursAgo(24) };
    const hour = [{ upToHours: 96, price: '0.42' }, { price: '0.21' }];
    const prices = { version: '2026-11', currency: 'CNY', month: '51', hour };
    const id = await register(http, cvmPrepaid({ orders: [first, second], network, prices }));
    await end(http, [id], { action: 'return-renewals' });
    const { refundId } = (await end(http, [id], { action: 'return' })).items[0]!;
    const shown = flat((await call(['explain', refundId!])).out);
    expect(shown).toContain(
      '51 CNY a month, 0.42 (≤ 96 h) → 0.21 CNY an hour; discounts: those of the rules\n',
    );
    expect(shown).toMatch(
      / network by traffic since \d{4}-.*; before by bandwidth: 0\.063 an hour, – a month\n/,
    );
    expect(shown).toContain(
      ' prices of o2: version 2026-12: 40 CNY a month, 0.30 CNY an hour; discounts: none\n',
    );
    expect(shown).toMatch(/ o2 renewal standard .* 100(\.00)? 20\d\d-/);
    expect(shown).toContain('the same');
  });

  it('a denial says who and why, and the instance runs on', async () => {
    const id = await promoted();
    const { id: requestId, refundId } = await asked(id);
    const denied = await call(['deny', requestId, '--reason', 'resold goods', ...approver]);
    expect(denied).toMatchObject({ code: 0, err: '' });
    expect(flat(denied.out)).toMatch(
      /^rr_\S+: denied\n .* asked: .*\n .* operator:approver denied: resold goods\n/,
    );
    expect(denied.out).toContain(`${id} runs on; the right to return is given back.`);
    const explained = await call(['explain', refundId!]);
    expect(flat(explained.out)).toMatch(/An operator denied it: resold goods \[REFUND_DENIED\]\n next: /);
    expect(explained.out).toContain('nothing is booked');
    const [late, another] = await Promise.all([approved(requestId, ...approver), asked(id)]);
    expect(late).toMatchObject({ code: 1, err: expect.stringContaining('[NOT_IN_REVIEW]') });
    expect(another).toMatchObject({ status: 'in_review' });
    expect(another.id).not.toBe(requestId);
    const program = await call(['deny', another.id, '--reason', 'again', '--json', ...approver]);
    expect(json(program)).toEqual((await http.get(`/v1/refund-requests/${another.id}`)).body);
  });

  it('an approval is confirmed by the request’s id, and every step wants its reason', async () => {
    const id = await promoted();
    const { id: requestId } = await asked(id);
    const [bare, other, unreasoned, unknown, typo] = await Promise.all([
      call(['approve', requestId, '--reason', 'checked', ...approver]),
      call(['approve', requestId, '--reason', 'checked', '--yes', id, ...approver]),
      call(['approve', requestId, '--yes', requestId, ...approver]),
      call(['approve', 'rr_nobody', '--reason', 'checked', '--yes', 'rr_nobody', ...approver]),
      sunsetAtTerminal(
        ['approve', requestId, '--reason', 'checked', ...approver],
        'to go on',
        `${id}\r`,
        env,
      ),
    ]);
    expect(bare).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`add --yes ${requestId}`) });
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining(`--yes names ${id}`) });
    expect(unreasoned).toMatchObject({
      code: 2,
      err: expect.stringContaining("required option '--reason <text>'"),
    });
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('[NOT_FOUND]') });
    expect(flat(typo.out)).toMatch(/; fee 101\.99/);
    expect(typo).toMatchObject({ code: 1, out: expect.stringContaining('Nothing was changed.') });
    expect((await http.get(`/v1/refund-requests/${requestId}`)).body.status).toBe('in_review');
    const typed = await sunsetAtTerminal(
      ['approve', requestId, '--reason', 'ok', ...approver],
      'to go on',
      `${requestId}\r`,
      env,
    );
    expect(typed.code).toBe(0);
    expect((await instanceOf(http, id)).state).toBe('isolated');
  });

  it('an approval that has become impossible says why, and what next', async () => {
    const id = await promoted();
    const { id: requestId } = await asked(id);
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'audit' }), 200);
    expect(await approved(requestId, ...approver)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\[PROTECTED\]\nnext: /),
    });
    expectStatus(await http.post(`/v1/instances/${id}/unprotect`, { reason: 'over' }), 200);
    // Its key is the same: a refusal of yesterday does not hold it up.
    expect((await approved(requestId, ...approver)).code).toBe(0);
  });

  it('undo takes the money back, once, and explain tells who and why', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => register(http, cvmPrepaid())));
    const { refundId } = (await end(http, [one!], { action: 'return' })).items[0]!;
    const { refundId: second } = (await end(http, [two!], { action: 'return' })).items[0]!;
    const undone = await call(['undo', refundId!, '--reason', 'wrong instance']);
    expect(undone).toMatchObject({ code: 0, err: '' });
    expect(undone.out).toContain(`${refundId}: reversed; 407.96 CNY is taken back.`);
    expect(flat(undone.out)).toContain(`${one} tencent-cvm prepaid running expires at`);
    const [again, program, explained, listed] = await Promise.all([
      call(['undo', refundId!, '--reason', 'wrong instance']),
      call(['undo', second!, '--reason', 'this one too', '--json']),
      call(['explain', refundId!]),
      call(['refunds', '--instance', one!, '--status', 'reversed']),
    ]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('[WRONG_STATE]') });
    expect(json(program)).toEqual((await http.get(`/v1/refunds/${second}`)).body);
    expect(flat(explained.out)).toMatch(/Who undid it\n \d{4}-.* operator: wrong instance\n/);
    expect(flat(explained.out)).toContain(
      'How it is taken back\n amount from to\n 407.96 refunds deferred:o1\n 407.96 customer:cash refunds',
    );
    expect(flat(listed.out)).toContain(`${refundId} ${one}`);
  });

  it('hold and unhold: returns need approval meanwhile', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => register(http, cvmPrepaid())));
    const held = await call(['hold', one!, two!, '--reason', 'looks like resale']);
    expect(held.code).toBe(0);
    expect(flat(held.out)).toMatch(
      new RegExp(`${one} tencent-cvm prepaid running, on hold expires at .*\\n${two} .* on hold`),
    );
    expect((await instanceOf(http, one!)).hold).toMatchObject({
      reason: 'looks like resale',
      by: 'operator',
    });
    expect(await call(['return', one!, '--yes-destroy', one!])).toMatchObject({
      code: 1,
      out: expect.stringContaining('[APPROVAL_REQUIRED]'),
    });
    const [lifted, program, unknown] = await Promise.all([
      call(['unhold', one!, '--reason', 'checked']),
      call(['unhold', two!, '--reason', 'checked', '--json']),
      call(['hold', 'nobody-knows-it', '--reason', 'checked']),
    ]);
    expect(flat(lifted.out)).toContain(`${one} tencent-cvm prepaid running expires at`);
    expect(still(json(program))).toEqual(still(await instanceOf(http, two!)));
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('[NOT_FOUND]') });
  });
});

describe('keys', () => {
  it('are made, used, listed and revoked', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    const made = await call([
      'keys',
      'create',
      'alice',
      '--account',
      account,
      '--permissions',
      'read, terminate',
      '--json',
    ]);
    expect(made).toMatchObject({ code: 0, err: '' });
    const { id: keyId, key, secretKey } = json(made);
    expect(await call(['timeline', id, '--key', key])).toMatchObject({
      code: 0,
      out: expect.stringContaining('register'),
    });
    const refused = await call(['bin', '--key', key, '--account', account]);
    expect(refused).toMatchObject({ code: 0, out: 'Nothing.\n' });
    expect(await call(['keys', 'list', '--key', key])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/`keys`\. \[FORBIDDEN\]/),
    });
    const listed = await call(['keys', 'list', '--account', account]);
    expect(flat(listed.out)).toContain(`${keyId} ${account} alice read, terminate`);
    expect(listed.out).not.toContain(secretKey);
    expect(flat((await call(['keys', 'revoke', keyId])).out)).toMatch(
      new RegExp(`^${keyId} .* operator \\d{4}-`, 'm'),
    );
    expect(await call(['timeline', id, '--key', key])).toMatchObject({
      code: 1,
      err: expect.stringContaining('[UNAUTHENTICATED]'),
    });
  });

  it('show their secrets once, and say of whom they are', async () => {
    const made = await call(['keys', 'create', newId('staff'), '--all-accounts', '--permissions', 'read']);
    expect(made).toMatchObject({ code: 0, err: expect.stringMatching(/not shown again/) });
    expect(flat(made.out)).toMatch(/^key sk_k_[0-9a-f]{32}_[\w-]{43}$/m);
    expect(await call(['keys', 'create', 'alice', '--permissions', 'read'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--all-accounts/),
    });
    const unknown = await call(['keys', 'create', 'alice', '--all-accounts', '--permissions', 'read,fly']);
    expect(unknown).toMatchObject({ code: 1, err: expect.stringMatching(/\/permissions\/1: is not one of/) });
  });
});

describe('what goes wrong', () => {
  it('has its own exit codes: 1 refused, 2 usage, 3 no service', async () => {
    const stranger = await listening(createServer((_, response) => response.end('<html>')));
    const cases: [Promise<Ran>, number, RegExp][] = [
      [
        call(['timeline', 'nobody-knows-it']),
        1,
        /There is no instance nobody-knows-it\. \[NOT_FOUND\]\nnext: /,
      ],
      [
        call(['bin', '--key', 'sk_wrong_wrong_wrong']),
        1,
        /\[UNAUTHENTICATED\]\n(?:.*\n)*the key came from --key/,
      ],
      [call(['bin', '--limit', 'x']), 1, /\/limit: must be a whole number/],
      [
        call(['bin'], { env: { SUNSET_OPERATOR_KEY: '' } }),
        2,
        /there is no key in .*operator\.key: run this where npm start runs/,
      ],
      [call(['bin', '--url', 'localhost']), 2, /is no address/],
      [call(['bin', '--lang', 'fr']), 2, /Allowed choices are en, zh/],
      [call(['bury', 'it']), 2, /unknown command 'bury'/],
      [call(['restore', 'x', '--months', 'one']), 2, /--months must be a whole number/],
      [call(['restore', 'x', '--months', '1', '--paid', '51']), 2, /--paid must look like cash=51/],
      [
        call(['bin', '--url', 'http://127.0.0.1:9']),
        3,
        /Sunset does not answer at http:\/\/127\.0\.0\.1:9 .*\nnext: start it \(npm start\)/,
      ],
      [call(['bin', '--url', stranger]), 3, /is not Sunset\nnext: name the address/],
    ];
    for (const [ran, code, message] of cases)
      expect(await ran).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    const problem = await call(['timeline', 'nobody-knows-it', '--json']);
    expect(problem).toMatchObject({ code: 1, err: '' });
    expect(json(problem)).toEqual((await http.get('/v1/instances/nobody-knows-it/timeline')).body);
  });

  it('help names every command and the exit codes', async () => {
    const [help, version] = await Promise.all([sunset(['--help']), sunset(['--version'])]);
    for (const name of COMMANDS) expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes: 0 done; 1 refused') });
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('docs/cli.md', () => {
  it('has an example of every command, and they work as written', async () => {
    const blocks = blocksOf('docs/cli.md');
    const all = blocks.map(({ script }) => script).join('');
    for (const name of COMMANDS) expect(all).toContain(`npx sunset ${name} `.trimEnd());
    // The demo has tests of its own. npx itself is tried once: it takes longer than what it runs.
    const script = [
      'npx sunset --version',
      'npx() { shift; node bin/sunset.js "$@"; }',
      ...blocks.flatMap(({ script, notRun }) => (notRun || /npm run/.test(script) ? [] : [script])),
    ];
    const shell = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script.join('\n')], {
      cwd: ROOT,
      env: { ...process.env, ...env },
    });
    const { stdout } = await shell;
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/m);
    expect(stdout).toContain('2 registered, 0 known before, 0 refused');
    expect(flat(stdout)).toContain('cli-prepaid tencent-cvm prepaid running');
    expect(flat(stdout)).toContain('cli-hourly tencent-cvm postpaid terminated');
    expect(flat(stdout)).toContain('renewal -51.00 CNY');
    expect(flat(stdout)).toContain('CNY, return of renewals: cash 51.00');
    expect(flat(stdout)).toContain('cli-prepaid tencent-cvm prepaid running, on hold expires at');
    expect(flat(stdout)).toMatch(/ operator:approver denied: resold goods/);
    expect(flat(stdout)).toContain('reversal -');
    // Some fifty commands, each a process of its own.
  }, 300_000);
});

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const [text, program] = await Promise.all([
      call(['doctor']),
      call(['doctor', '--json'], { env: { DATABASE_URL: service.serviceUrl } }),
    ]);
    expect(text.code).toBe(0);
    for (const line of [
      'service ok Sunset answers at',
      'key ok accepted (from SUNSET_OPERATOR_KEY)',
      'sandbox ok',
      'Nothing is wrong.',
    ])
      expect(flat(text.out)).toContain(line);
    expect(program.code).toBe(0);
    expect(json(program).findings).toContainEqual(
      expect.objectContaining({
        check: 'database',
        status: 'ok',
        detail: expect.stringMatching(/^PostgreSQL 1\d/),
      }),
    );
  });

  it('L14: names a lost life, and the command that starts it again, which does', async () => {
    const id = await register(http, cvmPostpaid());
    const workflows = workflowsOf(service.client, service.pool, service.taskQueue, service.signatures);
    await service.client.workflow.getHandle(workflowId(id)).terminate('by hand');
    await until(async () => {
      await watchOnce(service.pool, workflows, true);
      return (await lastWatch(service.pool))!.troubles.some((one) => one.instanceId === id);
    }, 'it to be seen');
    const told = await call(['doctor']);
    expect(told.code).toBe(1);
    expect(flat(told.out)).toContain(`lives WRONG ${id} is lost since`);
    expect(told.out).toContain(`  lives: npx sunset repair ${id}\n`);
    expect((await call(['repair', id])).code).toBe(0);
    expect((await call(['repair', id])).code).toBe(1);
    await watchOnce(service.pool, workflows, true);
    expect((await call(['doctor'])).out).not.toContain(id);
  });

  it('says what is wrong, and the command that fixes it', async () => {
    const [key, down, database] = await Promise.all([
      call(['doctor', '--key', 'sk_wrong_wrong_wrong']),
      call(['doctor', '--url', 'http://127.0.0.1:9', '--json']),
      call(['doctor'], {
        env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', TEMPORAL_ADDRESS: '127.0.0.1:9' },
      }),
    ]);
    expect(key.code).toBe(1);
    expect(flat(key.out)).toMatch(/key WRONG the one from --key is not accepted \(401\)/);
    expect(key.out).toMatch(/^ {2}key: export SUNSET_OPERATOR_KEY=/m);
    expect(down.code).toBe(3);
    expect(json(down).findings).toContainEqual(
      expect.objectContaining({ check: 'service', status: 'fail', fix: 'npm start' }),
    );
    expect(database.code).toBe(1);
    expect(flat(database.out)).toMatch(
      /database WRONG PostgreSQL does not answer: DATABASE_URL \(.*ECONNREFUSED.*\)/,
    );
    expect(flat(database.out)).toMatch(
      /temporal WRONG Temporal does not answer: TEMPORAL_ADDRESS is 127\.0\.0\.1:9/,
    );
  });
});

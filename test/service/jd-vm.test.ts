/** JD Cloud's own interface: every call, by its unmodified SDK for Node.js, and what each refusal is called. */
import type { Permission } from '../../domain/permissions';
import { ACTIONS } from '../../facades/jd/actions';
import { POLICIES } from '../../policies';
import { jdVm } from '../../policies/jd-vm';
import { type JdAnswer, nodeSdk, type Pair, REGION, releaseTime, send, signJd } from '../support/jd';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  DAY,
  expectStatus,
  type Fields,
  fastForward,
  hoursAgo,
  instanceOf,
  jdPostpaid,
  jdPrepaid,
  newAccount,
  newId,
  purchase,
  register,
  until,
} from '../support/lives';
import { auditAtEnd, useService } from '../support/service';

const { http } = useService({ authFailuresPerMinute: 100_000 }, auditAtEnd);

const HOUR = 3_600_000;
const OURS: Permission[] = ['read', 'power', 'terminate'];

/** As clocks in Beijing show it, whose zone the product's times are in. */
const inBeijing = (ms: number): string =>
  new Date(Date.now() + ms + 8 * HOUR).toISOString().slice(0, 19).replace('T', ' ');

async function customer(permissions: Permission[] = OURS) {
  const account = newAccount();
  const pair: Pair = await makeKey(http, { account, name: 'script', permissions });
  const own = (more: Fields = {}): Promise<string> =>
    register(http, jdPostpaid({ account, region: REGION, ...more }), newId('i'));
  return { account, pair, vm: nodeSdk(http.url, pair), own };
}

/** What the SDK rejects with, but for its HTTP response. */
async function refused(call: Promise<unknown>): Promise<JdAnswer['error']> {
  const answer = await call.then(
    (good) => Promise.reject(new Error(`not refused: ${JSON.stringify(good)}`)),
    (error: unknown) => error as JdAnswer & { responseObj: Response },
  );
  if (!answer.error) throw answer;
  expect(answer.responseObj.status).toBe(answer.error.code);
  return answer.error;
}

const statusOf = async (call: Promise<unknown>): Promise<string> => {
  const { code, status } = await refused(call);
  return `${code} ${status}`;
};

const stateOf = async (id: string): Promise<string> => (await instanceOf(http, id)).state;

describe('every call of the SDK', () => {
  it('describeInstance tells what is known, and leaves out what is not', async () => {
    const { vm, own } = await customer();
    const id = await own({
      name: 'web',
      zone: 'cn-north-1a',
      type: 'g.n2.medium',
      startedAt: '2026-11-01T08:00:00+08:00',
      disks: [
        { id: 'd1', kind: 'system', storage: 'local' },
        { id: 'vol-1', kind: 'data', storage: 'cloud', deleteWithInstance: true },
        { id: 'vol-2', kind: 'data', storage: 'cloud' },
      ],
      addresses: [{ id: 'fip-1', kind: 'elastic' }],
    });
    const { requestId, result } = await vm.describeInstance({ instanceId: id });
    expect(requestId).toMatch(/^[\w-]{36}$/);
    expect(result.instance).toEqual({
      instanceId: id,
      instanceName: 'web',
      instanceType: 'g.n2.medium',
      status: 'stopped',
      az: 'cn-north-1a',
      launchTime: '2026-11-01T00:00:00Z',
      systemDisk: { diskCategory: 'local', autoDelete: true },
      dataDisks: [
        { diskCategory: 'cloud', autoDelete: true, cloudDisk: { diskId: 'vol-1' } },
        { diskCategory: 'cloud', autoDelete: false, cloudDisk: { diskId: 'vol-2' } },
      ],
      elasticIpId: 'fip-1',
      charge: {
        chargeMode: 'postpaid_by_duration',
        chargeStatus: 'normal',
        chargeStartTime: '2026-11-01T00:00:00Z',
      },
    });
  });

  it('describeInstance tells of a monthly package when it ends, that it is overdue, and of arrears', async () => {
    const { account, vm, own } = await customer();
    const order = purchase('2026-01-31T00:00:00+08:00', { endsAt: '2026-02-28T00:00:00+08:00', months: 1 });
    const id = await own({ billing: 'prepaid', state: 'expired', orders: [order] });
    const charge = async (one: string) =>
      (await vm.describeInstance({ instanceId: one })).result.instance.charge;
    expect(await charge(id)).toEqual({
      chargeMode: 'prepaid_by_duration',
      chargeStatus: 'overdue',
      chargeStartTime: '2026-01-30T16:00:00Z',
      chargeExpiredTime: '2026-02-27T16:00:00Z',
    });
    const other = await own();
    expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: true, reason: 'unpaid' }), 200);
    expect(await charge(other)).toEqual({ chargeMode: 'postpaid_by_duration', chargeStatus: 'arrear' });
  });

  it('describeInstances pages, and filters by what Sunset knows', async () => {
    const { account, vm, own } = await customer();
    const ids: string[] = [];
    for (let n = 1; n <= 12; n += 1)
      ids.push(
        await own({
          name: `Web-${n} (1)*`,
          zone: n <= 3 ? 'cn-north-1a' : 'cn-north-1b',
          type: n <= 2 ? 'g.n2.medium' : 'g.n2.large',
          state: n <= 4 ? 'running' : 'stopped',
        }),
      );
    await register(http, jdPostpaid({ account, region: 'cn-south-1' }));
    await register(http, cvmPostpaid({ account, region: REGION }));
    const list = async (options: object, regionId?: string) => {
      const { instances, totalCount } = (await vm.describeInstances(options, regionId)).result;
      return [totalCount, instances.map(({ instanceId }) => ids.indexOf(instanceId) + 1)];
    };
    const by = (name: string, ...values: string[]) => ({ name, values });
    expect(await list({ pageSize: 10 })).toEqual([12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
    expect(await list({ pageNumber: 2, pageSize: 10 })).toEqual([12, [11, 12]]);
    expect(await list({ pageNumber: 9_999_999, pageSize: 100 })).toEqual([12, []]);
    expect(await list({}, 'cn-south-1')).toEqual([1, [0]]);
    expect(await list({}, 'cn-east-1')).toEqual([0, []]);
    expect(await list({ filters: [by('instanceId', ids[4]!, ids[1]!, 'i-none')] })).toEqual([2, [2, 5]]);
    expect(await list({ filters: [by('status', 'running')] })).toEqual([4, [1, 2, 3, 4]]);
    expect(await list({ filters: [by('status', 'error', 'rebooting')] })).toEqual([0, []]);
    expect(await list({ filters: [by('az', 'cn-north-1a')] })).toEqual([3, [1, 2, 3]]);
    expect(await list({ filters: [by('instanceType', 'g.n2.medium')] })).toEqual([2, [1, 2]]);
    expect(await list({ filters: [by('name', 'wEB-12 (1)*')] })).toEqual([1, [12]]);
    expect(await list({ filters: [by('status', 'running', 'stopped'), by('az', 'cn-north-1a')] })).toEqual([
      3,
      [1, 2, 3],
    ]);
    // Filters of one name narrow each other, as those of different names do.
    expect(await list({ filters: [by('status', 'running'), by('status', 'stopped')] })).toEqual([0, []]);
  });

  it('describeInstanceStatus lists ids and what they are doing', async () => {
    const { vm, own } = await customer();
    const [running, stopped, busy] = [
      await own({ state: 'running' }),
      await own(),
      await own({ state: 'changing' }),
    ];
    const { result } = await vm.describeInstanceStatus({});
    expect(result).toEqual({
      instanceStatuses: [
        { instanceId: running, status: 'running' },
        { instanceId: stopped, status: 'stopped' },
        { instanceId: busy, status: 'pending' },
      ],
      totalCount: 3,
    });
    const filters = [{ name: 'status', values: ['pending'] }];
    expect((await vm.describeInstanceStatus({ filters })).result.instanceStatuses).toEqual([
      { instanceId: busy, status: 'pending' },
    ]);
  });

  it('002-01, 002-02, 002-03, 002-13: start, stop, then delete; it is agreed to by way of this interface', async () => {
    const { vm, own } = await customer();
    const id = await own();
    expect(await vm.startInstance({ instanceId: id })).toMatchObject({ result: {} });
    expect(await stateOf(id)).toBe('running');
    expect(await refused(vm.startInstance({ instanceId: id }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
    });
    const error = await refused(vm.deleteInstance({ instanceId: id }));
    expect(error).toEqual({
      code: 400,
      status: 'FAILED_PRECONDITION',
      message: `${id}: The instance is running. Stop it first.`,
    });
    expect(await vm.stopInstance({ instanceId: id, chargeOnStopped: 'keepCharging' })).toMatchObject({
      result: {},
    });
    expect(await stateOf(id)).toBe('stopped');
    expect(await vm.deleteInstance({ instanceId: id })).toMatchObject({ result: {} });
    expect(await until(async () => (await stateOf(id)) === 'terminated', 'its end')).toBe(true);
    const { items } = (await http.get('/v1/terminations')).body;
    expect(items.find((one) => one.items[0]?.instanceId === id)).toMatchObject({
      agreedVia: 'jd-vm/v1',
      items: [{ status: 'done' }],
    });
    for (const call of [
      vm.describeInstance({ instanceId: id }),
      vm.deleteInstance({ instanceId: id }),
      vm.startInstance({ instanceId: id }),
      vm.stopInstance({ instanceId: id }),
      releaseTime(vm, { instanceIds: [id], autoReleaseTime: '' }),
    ])
      expect(await refused(call)).toMatchObject({ code: 404, message: expect.stringContaining(id) });
    expect((await vm.describeInstances({})).result).toEqual({ instances: [], totalCount: 0 });
  });

  it('002-05: a monthly package is deleted once it is over, not before', async () => {
    const { account, vm } = await customer();
    const id = await register(http, jdPrepaid({ account, region: REGION, state: 'stopped' }, hoursAgo(48)));
    const { message } = await refused(vm.deleteInstance({ instanceId: id }));
    expect(message).toMatch(/before it expires/);
    await fastForward(http, id, 'P32D');
    expect((await vm.describeInstance({ instanceId: id })).result.instance).toMatchObject({
      status: 'stopped',
      charge: { chargeStatus: 'overdue' },
    });
    await vm.deleteInstance({ instanceId: id });
    expect(await stateOf(id)).toBe('terminated');
  });

  it('modifyInstanceReleaseTime sets, moves and cancels, of several at once; then the time comes', async () => {
    const { vm, own } = await customer();
    const ids = [await own(), await own(), await own()];
    const times = async () =>
      (await vm.describeInstances({})).result.instances.map((one) => one.autoReleaseTime);
    const [first, second] = [inBeijing(2 * HOUR), inBeijing(3 * HOUR)];
    await releaseTime(vm, { instanceIds: [ids[0], ids[0], ids[1]], autoReleaseTime: first });
    expect(await times()).toEqual([first, first, undefined]);
    // One is moved, one is set: at once.
    await releaseTime(vm, { instanceIds: ids.slice(1), autoReleaseTime: second });
    expect(await times()).toEqual([first, second, second]);
    await releaseTime(vm, { instanceIds: ids.slice(0, 2), autoReleaseTime: '' });
    expect(await times()).toEqual([undefined, undefined, second]);
    // There is nothing to cancel any more, which is what was asked for.
    await releaseTime(vm, { instanceIds: ids.slice(0, 2) });
    expect((await instanceOf(http, ids[2]!)).termination).toMatchObject({
      mode: 'timed',
      at: `${new Date(Date.parse(`${second.replace(' ', 'T')}+08:00`)).toISOString()}`,
    });
    await fastForward(http, ids[2]!, 'PT4H');
    expect(await stateOf(ids[2]!)).toBe('terminated');
    expect(await times()).toEqual([undefined, undefined]);
  });

  it('L11: that it is stopped is judged when the time is set; started since, it ends all the same', async () => {
    const { vm, own } = await customer();
    const id = await own();
    await releaseTime(vm, { instanceIds: [id], autoReleaseTime: inBeijing(2 * HOUR) });
    await vm.startInstance({ instanceId: id });
    const later = inBeijing(3 * HOUR);
    await releaseTime(vm, { instanceIds: [id], autoReleaseTime: later });
    expect((await vm.describeInstance({ instanceId: id })).result.instance).toMatchObject({
      status: 'running',
      autoReleaseTime: later,
    });
    await fastForward(http, id, 'PT4H');
    expect(await stateOf(id)).toBe('terminated');
  });

  it('modifyInstanceReleaseTime does nothing to any when something is against one', async () => {
    const { vm, own } = await customer();
    const [scheduled, free, running] = [await own(), await own(), await own({ state: 'running' })];
    const at = inBeijing(5 * HOUR);
    await releaseTime(vm, { instanceIds: [scheduled], autoReleaseTime: at });
    const ids = [scheduled, free, running];
    const { status, message } = await refused(
      releaseTime(vm, { instanceIds: ids, autoReleaseTime: inBeijing(9 * HOUR) }),
    );
    expect({ status, message }).toEqual({
      status: 'FAILED_PRECONDITION',
      message: `${running}: The instance is running. Stop it first.`,
    });
    // What is scheduled and in the middle of something can't be moved: nor are the others.
    expectStatus(await http.post(`/v1/instances/${scheduled}/operations`, { kind: 'resize' }), 200);
    const busy = { instanceIds: [free, scheduled], autoReleaseTime: inBeijing(9 * HOUR) };
    expect(await refused(releaseTime(vm, busy))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      message: expect.stringContaining(scheduled),
    });
    expect((await vm.describeInstances({})).result.instances.map((one) => one.autoReleaseTime)).toEqual([
      at,
      undefined,
      undefined,
    ]);
  });
});

describe('refusals', () => {
  let own: string;
  let script: Awaited<ReturnType<typeof customer>>;
  const another: Record<string, string> = {};
  beforeAll(async () => {
    script = await customer();
    const { account } = script;
    own = await script.own();
    another.account = await register(http, jdPostpaid({ region: REGION }), newId('i'));
    another.product = await register(http, cvmPostpaid({ account, region: REGION }));
    another.region = await register(http, jdPostpaid({ account, region: 'cn-south-1' }), newId('i'));
    another.none = newId('i');
  });

  const callsOn = (vm: ReturnType<typeof nodeSdk>, instanceId: string) => ({
    describeInstance: () => vm.describeInstance({ instanceId }),
    deleteInstance: () => vm.deleteInstance({ instanceId }),
    stopInstance: () => vm.stopInstance({ instanceId }),
    startInstance: () => vm.startInstance({ instanceId }),
    modifyInstanceReleaseTime: () =>
      releaseTime(vm, { instanceIds: [instanceId, own], autoReleaseTime: inBeijing(DAY) }),
  });

  it.each(['account', 'product', 'region', 'none'])(
    'an instance of another %s is as missing as one that does not exist',
    async (whose) => {
      const id = another[whose]!;
      for (const [name, call] of Object.entries(callsOn(script.vm, id)))
        expect([name, await refused(call())]).toEqual([
          name,
          { code: 404, status: 'NOT_FOUND', message: `There is no instance ${id}.` },
        ]);
      const filters = [{ name: 'instanceId', values: [id] }];
      expect((await script.vm.describeInstances({ filters })).result.totalCount).toBe(0);
      expect((await script.vm.describeInstanceStatus({ filters })).result.totalCount).toBe(0);
      expect((await instanceOf(http, own)).termination).toBeNull();
    },
  );

  it('a missing permission: 403, and nothing happens', async () => {
    const needed: Record<string, Permission> = {
      describeInstances: 'read',
      describeInstance: 'read',
      describeInstanceStatus: 'read',
      deleteInstance: 'terminate',
      stopInstance: 'power',
      startInstance: 'power',
      modifyInstanceReleaseTime: 'terminate',
    };
    expect(Object.fromEntries(ACTIONS.map(({ name, permission }) => [name, permission]))).toEqual(needed);
    for (const [name, permission] of Object.entries(needed)) {
      const pair = await makeKey(http, {
        account: script.account,
        name: `no-${name}`,
        permissions: OURS.filter((one) => one !== permission),
      });
      const vm = nodeSdk(http.url, pair);
      const calls = {
        ...callsOn(vm, own),
        describeInstances: () => vm.describeInstances({}),
        describeInstanceStatus: () => vm.describeInstanceStatus({}),
      };
      const error = await refused(calls[name as keyof typeof calls]());
      expect([name, error]).toEqual([
        name,
        { code: 403, status: 'PERMISSION_DENIED', message: expect.stringContaining(`\`${permission}\``) },
      ]);
    }
    expect(await stateOf(own)).toBe('stopped');
  });

  it.each<[string, Fields, ((id: string) => Promise<unknown>) | undefined, RegExp]>([
    ['002-03 running', { state: 'running' }, undefined, /is running. Stop it first/],
    ['002-04 in an operation', { state: 'changing' }, undefined, /Wait until it has finished/],
    [
      'L7 protected',
      {},
      (id) => http.post(`/v1/instances/${id}/protect`, { reason: 'books' }),
      /protection is on/,
    ],
    [
      'L16 under a legal hold',
      {},
      (id) => http.post(`/v1/instances/${id}/protect`, { reason: 'court', holdRelease: true }),
      /protection is on/,
    ],
    [
      'L11 scheduled',
      {},
      (id) => releaseTime(script.vm, { instanceIds: [id], autoReleaseTime: inBeijing(DAY) }),
      /Cancel or reschedule it first/,
    ],
  ])('delete of what is %s: 400 FAILED_PRECONDITION that says why', async (_, facts, before, why) => {
    const id = await script.own(facts);
    await before?.(id);
    const state = await stateOf(id);
    const error = await refused(script.vm.deleteInstance({ instanceId: id }));
    expect(error).toEqual({
      code: 400,
      status: 'FAILED_PRECONDITION',
      message: expect.stringMatching(new RegExp(`^${id}: .*${why.source}`)),
    });
    expect(await stateOf(id)).toBe(state);
  });

  it.each<[string, 'stopInstance' | 'startInstance', Fields]>([
    ['stop of a stopped one', 'stopInstance', {}],
    ['start of a running one', 'startInstance', { state: 'running' }],
    [
      'start of an expired one',
      'startInstance',
      {
        billing: 'prepaid',
        state: 'expired',
        orders: [purchase('2026-01-01T00:00:00Z', { endsAt: '2026-02-01T00:00:00Z' })],
      },
    ],
  ])('L11: %s: 400 FAILED_PRECONDITION', async (_, name, facts) => {
    const id = await script.own(facts);
    const error = await refused(script.vm[name]({ instanceId: id }));
    expect(error).toMatchObject({
      code: 400,
      status: 'FAILED_PRECONDITION',
      message: expect.stringContaining(id),
    });
  });

  it.each<[string, () => string]>([
    ['in less than an hour', () => inBeijing(HOUR - 10_000)],
    ['in the past', () => inBeijing(-DAY)],
    ['in more than ten years', () => inBeijing(3653.5 * DAY)],
    ['on 30 February', () => '2027-02-30 00:00:00'],
    ['at 25 o’clock', () => '2027-02-20 25:00:00'],
    ['without seconds', () => '2027-02-20 00:00'],
    ['with an offset', () => '2027-02-20T00:00:00+08:00'],
    ['at no time', () => 'tomorrow'],
  ])('a release time %s: 400 INVALID_ARGUMENT', async (_, at) => {
    for (const isMoved of [false, true]) {
      const id = await script.own();
      const set = (autoReleaseTime: string) => releaseTime(script.vm, { instanceIds: [id], autoReleaseTime });
      if (isMoved) await set(inBeijing(DAY));
      expect(await refused(set(at()))).toEqual({
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^autoReleaseTime .*Asia\/Shanghai/),
      });
    }
  });

  it('a release time of nearly ten years is one; a monthly package can have none', async () => {
    const at = inBeijing(3651 * DAY);
    await releaseTime(script.vm, { instanceIds: [own], autoReleaseTime: at });
    await releaseTime(script.vm, { instanceIds: [own], autoReleaseTime: inBeijing(HOUR + 10_000) });
    await releaseTime(script.vm, { instanceIds: [own], autoReleaseTime: at });
    await releaseTime(script.vm, { instanceIds: [own], autoReleaseTime: '' });
    const { account } = script;
    const prepaid = await register(http, jdPrepaid({ account, region: REGION, state: 'stopped' }));
    expect(await statusOf(releaseTime(script.vm, { instanceIds: [prepaid], autoReleaseTime: at }))).toBe(
      '400 FAILED_PRECONDITION',
    );
  });

  it('002-17: what the document does not describe stays what this interface alone has', async () => {
    const schedule = { mode: 'timed', at: new Date(Date.now() + DAY).toISOString() };
    const reply = await http.post('/v1/quotes', { action: 'terminate', instanceIds: [own], schedule });
    expect(reply.body).toMatchObject({ status: 400, errors: [{ pointer: '/schedule/mode' }] });
  });

  const call = (method: string, path: string, body?: unknown) =>
    send(signJd({ url: http.url, pair: script.pair, method, path, body }));
  const at = (rest: string) => `/regions/${REGION}${rest}`;

  it.each<[string, string, string, unknown, string]>([
    ['a page of 9', 'GET', '/instances?pageSize=9', undefined, 'pageSize must be at least 10.'],
    ['a page of 101', 'GET', '/instances?pageSize=101', undefined, 'pageSize must be at most 100.'],
    ['page 0', 'GET', '/instances?pageNumber=0', undefined, 'pageNumber must be at least 1.'],
    [
      'a page that is no number',
      'GET',
      '/instances?pageNumber=1e3',
      undefined,
      'pageNumber must be a whole number.',
    ],
    [
      'a page named twice',
      'GET',
      '/instances?pageNumber=1&pageNumber=2',
      undefined,
      'pageNumber is named twice.',
    ],
    [
      'an unknown parameter',
      'GET',
      '/instances?sort=name',
      undefined,
      'sort is not a field that is known here.',
    ],
    [
      'a filter of what Sunset does not know',
      'GET',
      '/instances?filters.1.name=vpcId&filters.1.values.1=vpc-1',
      undefined,
      'filters.1.name is not one of: status, name, instanceId, az, instanceType.',
    ],
    [
      'a filter by tags',
      'GET',
      '/instances?tags.1.key=a&tags.1.values.1=b',
      undefined,
      'tags is not a field that is known here.',
    ],
    [
      'a status that does not exist',
      'GET',
      '/instances?filters.1.name=status&filters.1.values.1=gone',
      undefined,
      'filters.1.values.1 is not one of: pending, starting, running, stopping, stopped, rebooting, rebuilding, resizing, deleting, error.',
    ],
    [
      'two names',
      'GET',
      '/instances?filters.1.name=name&filters.1.values.1=a&filters.1.values.2=b',
      undefined,
      'filters.1.values must have at most 1 of them.',
    ],
    [
      'another operator',
      'GET',
      '/instances?filters.1.name=name&filters.1.values.1=a&filters.1.operator=ne',
      undefined,
      'filters.1.operator is not one of: eq.',
    ],
    ['a body that is no JSON', 'POST', '/instances/{own}:startInstance', '{', 'The body can’t be read'],
    [
      'a body that is a list',
      'POST',
      '/instances/{own}:startInstance',
      [],
      'has the wrong type: expected object.',
    ],
    [
      'another instance in the body',
      'POST',
      '/instances/{own}:startInstance',
      { instanceId: 'i-2' },
      'instanceId is not a field that is known here.',
    ],
    [
      'stop without charges',
      'POST',
      '/instances/{own}:stopInstance',
      { chargeOnStopped: 'stopCharging' },
      'chargeOnStopped is not one of: keepCharging.',
    ],
    [
      '002-08 delete with its elastic IPs',
      'DELETE',
      '/instances/{own}?deletePrimaryNetworkInterfaceAllElasticIp=true',
      undefined,
      'deletePrimaryNetworkInterfaceAllElasticIp is not one of: false, False.',
    ],
    [
      'delete into a bin',
      'DELETE',
      '/instances/{own}?destroy=false',
      undefined,
      'destroy is not a field that is known here.',
    ],
    ['no ids', 'POST', '/instances:modifyInstanceReleaseTime', {}, 'instanceIds is required.'],
    [
      'an id that is none',
      'POST',
      '/instances:modifyInstanceReleaseTime',
      { instanceIds: ['i 1'] },
      'instanceIds.1 must be 1 to 128',
    ],
    [
      'too many ids',
      'POST',
      '/instances:modifyInstanceReleaseTime',
      { instanceIds: Array.from({ length: 101 }, (_, n) => `i-${n}`) },
      'instanceIds must have at most 100 of them.',
    ],
    ['an escape that is none', 'GET', '/instances/%zz', undefined, 'The path has percent signs'],
  ])('%s: 400 INVALID_ARGUMENT that names it', async (_, method, path, body, message) => {
    const reply = await send({
      ...signJd({
        url: http.url,
        pair: script.pair,
        method,
        path: at(path.replace('{own}', own).replace('%zz', 'x')),
        body,
      }),
      ...(path.includes('%zz') ? { url: `${http.url}/v1${at(path)}` } : {}),
    });
    expect(reply.body.error).toEqual({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expect(await stateOf(own)).toBe('stopped');
  });

  it('a body may repeat what the address says, and nulls are what was left out', async () => {
    const body = { regionId: REGION, instanceId: own, chargeOnStopped: null };
    for (const name of ['startInstance', 'stopInstance'])
      expect((await call('POST', at(`/instances/${own}:${name}`), body)).status).toBe(200);
    const elsewhere = { ...body, regionId: 'cn-south-1' };
    expect((await call('POST', at(`/instances/${own}:startInstance`), elsewhere)).status).toBe(400);
  });

  it.each([
    ['GET', '/instances/{own}/disks'],
    ['PUT', '/instances/{own}'],
    ['HEAD', '/instances'],
    ['POST', '/instances'],
    ['POST', '/instances/{own}:rebootInstance'],
    ['POST', '/instances/{own}'],
    ['GET', '/'],
    ['GET', ''],
    ['GET', '/instancestatus'],
  ])('%s %s is no call here: 404 in the vendor’s form', async (method, path) => {
    const request = signJd({
      url: http.url,
      pair: script.pair,
      method,
      path: at(path.replace('{own}', own)),
    });
    if (method === 'HEAD') {
      const { status, headers } = await fetch(request.url, request);
      expect([status, headers.get('x-jdcloud-request-id')]).toEqual([404, expect.stringMatching(/./)]);
      return;
    }
    const { body } = await send(request);
    expect(body.error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    expect(body.error.message).toMatch(/no such call/);
  });

  it('speaks Chinese to whoever asks for it', async () => {
    const id = await script.own({ state: 'running' });
    const headers = { 'accept-language': 'zh-CN,zh;q=0.9' };
    const of = (method: string, path: string) =>
      send(signJd({ url: http.url, pair: script.pair, method, path: at(path), headers }));
    const refusal = await of('DELETE', `/instances/${id}`);
    expect(refusal.body.error.message).toBe(`${id}: 实例正在运行。 请先停止实例。`);
    expect(refusal.headers.get('content-language')).toBe('zh');
    expect((await of('GET', '/instances?pageSize=1')).body.error.message).toBe('pageSize 不得小于 10。');
  });
});

describe('for those who look after it', () => {
  it('counts calls by action and status, and times them', async () => {
    const { vm, own } = await customer();
    const id = await own();
    const metric = async (name: string): Promise<number> => {
      const text = String((await http.get('/metrics')).body);
      const line = text.split('\n').find((one) => one.startsWith(name));
      return Number(line?.split(' ').at(-1) ?? 0);
    };
    const good = 'sunset_facade_calls_total{facade="jd-vm/v1",action="describeInstance",code="OK"}';
    const bad = 'sunset_facade_calls_total{facade="jd-vm/v1",action="unknown",code="NOT_FOUND"}';
    const timed =
      'sunset_http_request_duration_seconds_count{method="GET",route="jd-vm/v1 describeInstance",status="200"}';
    const before = [await metric(good), await metric(bad), await metric(timed)];
    await vm.describeInstance({ instanceId: id });
    await refused(vm.makeRequest('/regions/{regionId}/nothing', 'GET', {}, {}, {}, {}, null, [], [], null));
    const after = [await metric(good), await metric(bad), await metric(timed)];
    expect(after).toEqual(before.map((count) => count + 1));
  });
});

describe('an instance in a bin, where the product was given one', () => {
  const binned = {
    ...jdVm,
    lifecycle: {
      ...jdVm.lifecycle,
      end: {
        ...jdVm.lifecycle.end,
        postpaid: {
          ...jdVm.lifecycle.end.postpaid,
          modes: { now: { into: 'bin' as const, retentionSeconds: 7200 } },
        },
      },
    },
  };
  const other = useService({ policies: POLICIES.map((one) => (one.product === 'jd-vm' ? binned : one)) });

  it('is `deleting`, and can’t be deleted, started, stopped or given a time', async () => {
    const account = newAccount();
    const pair = await makeKey(other.http, { account, name: 'script', permissions: OURS });
    const vm = nodeSdk(other.http.url, pair);
    const id = await register(other.http, jdPostpaid({ account, region: REGION }));
    await vm.deleteInstance({ instanceId: id });
    expect((await instanceOf(other.http, id)).state).toBe('isolated');
    expect((await vm.describeInstanceStatus({})).result.instanceStatuses).toEqual([
      { instanceId: id, status: 'deleting' },
    ]);
    for (const call of [
      vm.deleteInstance({ instanceId: id }),
      vm.startInstance({ instanceId: id }),
      vm.stopInstance({ instanceId: id }),
      releaseTime(vm, { instanceIds: [id], autoReleaseTime: inBeijing(DAY) }),
    ])
      expect(await statusOf(call)).toBe('400 FAILED_PRECONDITION');
    expect((await instanceOf(other.http, id)).state).toBe('isolated');
  });
});

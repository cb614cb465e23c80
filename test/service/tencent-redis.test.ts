/** Tencent Cloud's own SDK for Node.js, unmodified, against the façade of Redis 2018-04-12. */
import { redis } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis';
import { PERMISSIONS, type Permission } from '../../domain/permissions';
import type { Reply } from '../support/http';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  end,
  expectStatus,
  type Fields,
  fastForward,
  hoursAgo,
  instanceOf,
  newAccount,
  newId,
  purchase,
  redisPostpaid,
  redisPrepaid,
  register,
  timelineOf,
} from '../support/lives';
import { auditAtEnd, useService } from '../support/service';
import { type Pair, refusal } from '../support/tencent';

const { service, http } = useService({ authFailuresPerMinute: 100_000 }, auditAtEnd);

type Client = InstanceType<typeof redis.v20180412.Client>;
type Profile = NonNullable<ConstructorParameters<typeof redis.v20180412.Client>[0]['profile']>;

const VIA = 'tencent-redis/2018-04-12';
const BEIJING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

function clientOf(
  pair: Pair,
  { region = '', profile = {} }: { region?: string; profile?: Profile } = {},
): Client {
  const endpoint = new URL(http.url).host;
  return new redis.v20180412.Client({
    credential: { secretId: pair.secretId, secretKey: pair.secretKey },
    region,
    profile: {
      language: 'en-US',
      ...profile,
      httpProfile: { endpoint, protocol: 'http://', ...profile.httpProfile },
    },
  });
}

let pairs = 0;
/** A key of its own; each name is another caller. */
async function pairOf(
  account: string | null,
  permissions: readonly Permission[] = PERMISSIONS,
): Promise<Pair> {
  pairs += 1;
  return (await makeKey(http, { account, name: `script-${pairs}`, permissions })) as Pair;
}

const clientFor = async (account: string | null, permissions?: readonly Permission[]): Promise<Client> =>
  clientOf(await pairOf(account, permissions));

let account: string;
let client: Client;
beforeAll(async () => {
  account = newAccount();
  client = await clientFor(account);
});

const postpaid = (more: Fields = {}) => register(http, redisPostpaid({ account, ...more }), newId('crs'));
/** Of an account of its own, where nothing else uses up its rights. */
const prepaid = (more: Fields = {}) => register(http, redisPrepaid({ account, ...more }), newId('crs'));
const lifeOf = (id: string) => instanceOf(http, id);
/** The vendor's times: Beijing's, to the second. */
const inBeijing = (instant: string): string =>
  new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const deposit = async (cash: string, whose = account) =>
  expectStatus(
    await http.post(`/v1/accounts/${whose}/adjustments`, {
      kind: 'deposit',
      source: 'cash',
      currency: 'CNY',
      amount: cash,
      reference: newId('pay'),
      reason: 'top-up',
    }),
    201,
  );
const shown = async (id: string, as = client) =>
  (await as.DescribeInstances({ InstanceId: id })).InstanceSet![0]!;
const taskOf = (TaskId: number | undefined) => client.DescribeTaskInfo({ TaskId: TaskId! });

describe('DestroyPostpaidInstance', () => {
  it('001-36, 001-07: terminates, agreed to by the way it came; the task leads back to it', async () => {
    const id = await postpaid();
    const { TaskId, RequestId } = await client.DestroyPostpaidInstance({ InstanceId: id });
    expect({ TaskId, RequestId }).toEqual({ TaskId: expect.any(Number), RequestId: expect.any(String) });
    expect(await taskOf(TaskId)).toEqual({
      Status: 'succeed',
      StartTime: expect.stringMatching(BEIJING),
      TaskType: 'FLOW_CLOSE',
      InstanceId: id,
      TaskMessage: '',
      RequestId: expect.any(String),
    });
    const life = await lifeOf(id);
    expect(life).toMatchObject({ state: 'isolated' });
    // 001-07: two hours in the bin.
    expect(Date.parse(life.purgeTime!) - Date.parse(life.isolatedAt!)).toBe(2 * 3_600_000);
    const [termination] = (await http.get(`/v1/terminations?account=${account}&limit=1`)).body.items;
    expect(termination).toMatchObject({ action: 'terminate', agreedVia: VIA, items: [{ instanceId: id }] });
    const { rows } = await service.pool.query('SELECT agreed_by FROM terminations WHERE id = $1', [
      termination!.id,
    ]);
    expect(rows).toEqual([{ agreed_by: expect.stringMatching(new RegExp(`^script-\\d+@${account}$`)) }]);
    // And released by itself.
    await fastForward(http, id, 'PT3H');
    expect(await lifeOf(id)).toMatchObject({ state: 'terminated' });
  });
});

describe('DestroyPrepaidInstance', () => {
  it('001-37, 001-02: returns, settles and isolates; the deal shows the refund in fen', async () => {
    const owner = newAccount();
    const own = await clientFor(owner);
    const id = await prepaid({ account: owner });
    const { DealId, DealName } = await own.DestroyPrepaidInstance({ InstanceId: id });
    expect(DealName).toBe(DealId);
    const life = await lifeOf(id);
    expect(life).toMatchObject({ state: 'isolated' });
    // 001-02: seven days in the bin.
    expect(Date.parse(life.purgeTime!) - Date.parse(life.isolatedAt!)).toBe(7 * 24 * 3_600_000);
    const { DealDetails } = await own.DescribeInstanceDealDetail({ DealName: DealName! });
    expect(DealDetails).toEqual([
      {
        DealId,
        DealName,
        GoodsNum: 1,
        Creater: owner,
        CreatTime: expect.stringMatching(BEIJING),
        OverdueTime: null,
        EndTime: expect.stringMatching(BEIJING),
        Status: 6,
        Description: 'return',
        Price: 40796,
        InstanceIds: [id],
      },
    ]);
    const refund = expectStatus(await http.get(`/v1/refunds/${DealId}`), 200).body;
    expect(refund).toMatchObject({ instanceId: id, status: 'done', amount: '407.96' });
    expect(refund.entries).toMatchObject([
      { source: 'deferred:o1', destination: 'refunds', amount: '407.96' },
      { source: 'refunds', destination: 'customer:cash', amount: '407.96' },
    ]);
    expect((await http.get(`/v1/terminations/${refund.terminationId}`)).body).toMatchObject({
      action: 'return',
      agreedVia: VIA,
    });
    const { balances } = (await http.get(`/v1/accounts/${owner}`)).body;
    expect(balances).toMatchObject([{ currency: 'CNY', cash: '407.96' }]);
  });
});

describe('StartupInstance, RenewInstance, CleanUpInstance', () => {
  it('a pay-as-you-go one leaves the bin by StartupInstance', async () => {
    const id = await postpaid();
    await end(http, [id]);
    const { TaskId } = await client.StartupInstance({ InstanceId: id });
    expect(await taskOf(TaskId)).toMatchObject({
      Status: 'succeed',
      TaskType: 'FLOW_STARTUP',
      InstanceId: id,
    });
    expect(await lifeOf(id)).toMatchObject({ state: 'running' });
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({ command: 'restore', outcome: 'done' });
  });

  it('RenewInstance debits the account by what InquiryPriceRenewInstance says; the deal shows the order', async () => {
    const owner = newAccount();
    const own = await clientFor(owner);
    const id = await prepaid({ account: owner });
    await deposit('600', owner);
    const before = (await lifeOf(id)).expiresAt;
    const price = await own.InquiryPriceRenewInstance({ InstanceId: id, Period: 12 });
    expect(price).toEqual({
      Price: 50796,
      Currency: 'CNY',
      AmountUnit: 'pent',
      RequestId: expect.any(String),
    });
    const { DealId, DealName } = await own.RenewInstance({ InstanceId: id, Period: 12 });
    const { orders, expiresAt } = await lifeOf(id);
    expect(DealId).toBe(`${id}/${orders.at(-1)!.id}`);
    expect(Date.parse(expiresAt!)).toBeGreaterThan(Date.parse(before!));
    expect((await own.DescribeInstanceDealDetail({ DealIds: [DealId!] })).DealDetails).toEqual([
      {
        DealId,
        DealName,
        GoodsNum: 1,
        Creater: owner,
        CreatTime: expect.stringMatching(BEIJING),
        OverdueTime: null,
        EndTime: expect.stringMatching(BEIJING),
        Status: 4,
        Description: 'renewal',
        Price: 50796,
        InstanceIds: [id],
      },
    ]);
    expect((await http.get(`/v1/accounts/${owner}`)).body.balances).toMatchObject([{ cash: '92.04' }]);
  });

  it('a prepaid one leaves the bin by RenewInstance', async () => {
    const owner = newAccount();
    const own = await clientFor(owner);
    const id = await prepaid({ account: owner });
    await own.DestroyPrepaidInstance({ InstanceId: id });
    const { DealId } = await own.RenewInstance({ InstanceId: id, Period: 1 });
    const { state, orders } = await lifeOf(id);
    expect({ state, deal: DealId }).toEqual({ state: 'running', deal: `${id}/${orders.at(-1)!.id}` });
    // The first order was returned, and says so.
    const { DealDetails } = await own.DescribeInstanceDealDetail({ DealIds: [`${id}/o1`, DealId!] });
    expect(DealDetails).toMatchObject([
      { DealId: `${id}/o1`, Status: 6, Description: 'purchase', CreatTime: null, Price: 40796 },
      { DealId, Status: 4, Description: 'renewal', Price: 5100 },
    ]);
  });

  it('L6: CleanUpInstance destroys what is in the bin, for good', async () => {
    const id = await postpaid();
    await client.DestroyPostpaidInstance({ InstanceId: id });
    const { TaskId } = await client.CleanUpInstance({ InstanceId: id });
    expect(await taskOf(TaskId)).toMatchObject({
      Status: 'succeed',
      TaskType: 'FLOW_DELETE',
      InstanceId: id,
    });
    expect(await lifeOf(id)).toMatchObject({ state: 'terminated' });
    expect(await client.DescribeInstances({ InstanceId: id })).toMatchObject({
      TotalCount: 0,
      InstanceSet: [],
    });
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({
      command: 'purge',
      by: expect.stringMatching(/^script-\d+@/),
    });
  });
});

describe('ModifyInstance', () => {
  const set = (ids: string[], switches: number[], as = client) =>
    as.ModifyInstance({
      Operation: 'modifyDeleteProtectionSwitch',
      InstanceIds: ids,
      DeleteProtectionSwitches: switches,
    });

  it('L7: switches delete protection on and off, each instance its own way; what is so already stays', async () => {
    const [a, b] = [await postpaid(), await postpaid()];
    await set([a], [1]);
    expect((await shown(a)).DeleteProtectionSwitch).toBe(1);
    await set([a, b], [0, 1]);
    expect([(await shown(a)).DeleteProtectionSwitch, (await shown(b)).DeleteProtectionSwitch]).toEqual([
      0, 1,
    ]);
    const { step } = await lifeOf(b);
    await set([b], [1]);
    expect(await lifeOf(b)).toMatchObject({ step, protection: { reason: expect.stringContaining(VIA) } });
  });

  it('nothing is switched of a batch that can’t be whole', async () => {
    const [a, gone] = [await postpaid(), await postpaid()];
    await client.DestroyPostpaidInstance({ InstanceId: gone });
    await client.CleanUpInstance({ InstanceId: gone });
    expect((await refusal(set([a, gone], [1, 1]))).code).toBe('ResourceNotFound.InstanceNotExists');
    expect((await refusal(set([a, newId('crs')], [1, 1]))).code).toBe('ResourceNotFound.InstanceNotExists');
    expect((await shown(a)).DeleteProtectionSwitch).toBe(0);
  });

  it('L16: a legal hold is lifted only by who may', async () => {
    const id = await postpaid();
    const held = { reason: 'court', holdRelease: true };
    expectStatus(await http.post(`/v1/instances/${id}/protect`, held), 200);
    const without = await clientFor(
      account,
      PERMISSIONS.filter((one) => one !== 'hold'),
    );
    expect((await refusal(set([id], [0], without))).code).toBe('UnauthorizedOperation');
    await set([id], [0]);
    expect((await shown(id)).DeleteProtectionSwitch).toBe(0);
  });

  it.each<[string, Fields, string]>([
    ['another operation', { Operation: 'rename' }, 'InvalidParameterValue'],
    ['fewer switches than instances', { DeleteProtectionSwitches: [] }, 'InvalidParameterValue'],
    ['another number', { DeleteProtectionSwitches: [2] }, 'InvalidParameterValue'],
    [
      'an instance twice',
      { InstanceIds: ['crs-1', 'crs-1'], DeleteProtectionSwitches: [1, 0] },
      'InvalidParameterValue',
    ],
    ['a new name', { InstanceNames: ['b'] }, 'UnknownParameter'],
  ])('refuses %s', async (_, change, code) => {
    const asked = {
      Operation: 'modifyDeleteProtectionSwitch',
      InstanceIds: ['crs-1'],
      DeleteProtectionSwitches: [1],
      ...change,
    };
    expect((await refusal(client.ModifyInstance(asked))).code).toBe(code);
  });
});

describe('DescribeInstances', () => {
  let owner: string;
  let own: Client;
  let ids: Record<'on' | 'off' | 'changing' | 'binned' | 'prepaid' | 'elsewhere', string>;
  beforeAll(async () => {
    owner = newAccount();
    own = await clientFor(owner);
    const add = (body: Fields) => register(http, body, newId('crs'));
    ids = {
      on: await add(redisPostpaid({ account: owner, name: 'cache-One' })),
      off: await add(redisPostpaid({ account: owner, name: 'cache-two', state: 'stopped' })),
      changing: await add(redisPostpaid({ account: owner, state: 'changing' })),
      binned: await add(redisPostpaid({ account: owner })),
      prepaid: await add(redisPrepaid({ account: owner, startedAt: '2026-11-01T00:00:00Z' })),
      elsewhere: await add(redisPostpaid({ account: owner, region: 'ap-beijing' })),
    };
    await own.DestroyPostpaidInstance({ InstanceId: ids.binned });
    await register(http, cvmPostpaid({ account: owner }));
    await postpaid();
  });

  const all = () => Object.values(ids);
  const listed = async (ask: Fields, as = own): Promise<string[]> => {
    const { TotalCount, InstanceSet } = await as.DescribeInstances(ask);
    expect(TotalCount).toBe(InstanceSet!.length);
    return InstanceSet!.map(({ InstanceId }) => InstanceId!);
  };

  it.each<[string, () => Fields, () => string[]]>([
    ['nothing', () => ({}), all],
    ['an id', () => ({ InstanceId: ids.on }), () => [ids.on]],
    ['a missing id', () => ({ InstanceId: 'crs-none' }), () => []],
    ['ids', () => ({ InstanceIds: [ids.off, ids.on] }), () => [ids.on, ids.off]],
    ['an id and ids without it', () => ({ InstanceId: ids.on, InstanceIds: [ids.off] }), () => []],
    ['no ids at all', () => ({ InstanceIds: [] }), all],
    ['status 2', () => ({ Status: [2] }), () => [ids.on, ids.off, ids.prepaid, ids.elsewhere]],
    ['status 1 or -2', () => ({ Status: [1, -2] }), () => [ids.changing, ids.binned]],
    ['status 0', () => ({ Status: [0] }), () => []],
    ['status -3', () => ({ Status: [-3] }), () => []],
    ['billing', () => ({ BillingMode: 'prepaid' }), () => [ids.prepaid]],
    ['a name', () => ({ InstanceName: 'cache-One' }), () => [ids.on]],
    ['a part of a name', () => ({ InstanceName: 'cache' }), () => []],
    ['a key in names', () => ({ SearchKey: 'CACHE' }), () => [ids.on, ids.off]],
    ['any of two keys', () => ({ SearchKeys: ['two', ids.prepaid] }), () => [ids.off, ids.prepaid]],
    ['a key and keys', () => ({ SearchKey: 'cache', SearchKeys: ['two', ids.prepaid] }), () => [ids.off]],
    ['wildcards of SQL', () => ({ SearchKey: '%' }), () => []],
  ])('by %s', async (_, ask, expected) => {
    expect(await listed(ask())).toEqual(expected());
  });

  it('by the region that the request names', async () => {
    const pair = await pairOf(owner);
    expect(await listed({}, clientOf(pair, { region: 'ap-beijing' }))).toEqual([ids.elsewhere]);
    expect(await listed({ InstanceId: ids.on }, clientOf(pair, { region: 'ap-beijing' }))).toEqual([]);
  });

  it('a page of it, and how many there are', async () => {
    const { TotalCount, InstanceSet } = await own.DescribeInstances({ Offset: 2, Limit: 2 });
    expect({ TotalCount, ids: InstanceSet!.map(({ InstanceId }) => InstanceId) }).toEqual({
      TotalCount: 6,
      ids: [ids.changing, ids.binned],
    });
  });

  it('each as the vendor shows it, with nothing that nobody has said', async () => {
    const { isolatedAt, purgeTime } = await lifeOf(ids.binned);
    const { expiresAt } = await lifeOf(ids.prepaid);
    const common = {
      RegionId: 1,
      Region: 'ap-guangzhou',
      Createtime: null,
      DeadlineTime: null,
      CloseTime: null,
    };
    const usual = { ...common, OfflineTime: null, BillingMode: 0, DeleteProtectionSwitch: 0 };
    const titles = { 1: 'In a process', 2: 'Running', [-2]: 'Isolated' };
    const set = (id: string, status: 1 | 2 | -2, more: Fields = {}) => ({
      ...usual,
      InstanceId: id,
      InstanceName: id,
      Status: status,
      InstanceTitle: titles[status],
      ...more,
    });
    expect((await own.DescribeInstances({})).InstanceSet).toEqual([
      set(ids.on, 2, { InstanceName: 'cache-One' }),
      set(ids.off, 2, { InstanceName: 'cache-two' }),
      set(ids.changing, 1),
      set(ids.binned, -2, { CloseTime: inBeijing(isolatedAt!), OfflineTime: inBeijing(purgeTime!) }),
      set(ids.prepaid, 2, {
        BillingMode: 1,
        Createtime: '2026-11-01 08:00:00',
        DeadlineTime: inBeijing(expiresAt!),
      }),
      set(ids.elsewhere, 2, { RegionId: 8, Region: 'ap-beijing' }),
    ]);
  });

  it.each<[string, Fields, string]>([
    ['more than 1,000', { Limit: 1001 }, 'InvalidParameterValue'],
    ['fewer than one', { Limit: 0 }, 'InvalidParameterValue'],
    ['a status that there is not', { Status: [3] }, 'InvalidParameterValue'],
    ['a billing mode that there is not', { BillingMode: 'spot' }, 'InvalidParameterValue'],
    ['text for a number', { Limit: 'many' }, 'InvalidParameter'],
    ['an address', { SearchKeys: ['10.0.0.1'] }, 'InvalidParameterValue'],
    ['tags', { TagKeys: ['env'] }, 'UnknownParameter'],
    ['another order', { OrderBy: 'createtime' }, 'UnknownParameter'],
    ['engines', { EngineName: 'Redis-5.0' }, 'UnknownParameter'],
  ])('does not list by %s', async (_, ask, code) => {
    expect((await refusal(own.DescribeInstances(ask))).code).toBe(code);
  });
});

/** What an instance is refused for, and how it comes to be so. */
interface Refused {
  title: string;
  action:
    | 'DestroyPostpaidInstance'
    | 'DestroyPrepaidInstance'
    | 'StartupInstance'
    | 'RenewInstance'
    | 'CleanUpInstance'
    | 'InquiryPriceRenewInstance';
  body: (more: Fields) => Fields;
  more?: Fields;
  /** Done before, with the instance's account and id. */
  before?: (owner: string, id: string) => Promise<unknown>;
  ask?: Fields;
  permissions?: readonly Permission[];
  code: string;
  says?: RegExp;
}

const ok = async (reply: Promise<Reply<unknown>>, status = 200) => expectStatus(await reply, status);
const intoBin = (action: 'terminate' | 'return') => (_: string, id: string) => end(http, [id], { action });
const changing = { state: 'changing' };
const arrears = (owner: string) => ok(http.put(`/v1/accounts/${owner}`, { arrears: true, reason: 'unpaid' }));
const protectedBy = (_: string, id: string) =>
  ok(http.post(`/v1/instances/${id}/protect`, { reason: 'keep' }));
const spendRights = async (owner: string) => {
  // One within the five days, three after them.
  for (const hours of [48, 500, 500, 500]) {
    const body = redisPrepaid({ account: owner }, hoursAgo(hours));
    await end(http, [await register(http, body, newId('crs'))], { action: 'return' });
  }
};
const inOrder = async (owner: string, id: string, ...steps: NonNullable<Refused['before']>[]) => {
  for (const step of steps) await step(owner, id);
};
const purged = (_: string, id: string) => ok(http.post(`/v1/instances/${id}/purge`, { confirm: id }));

const MISSING = 'ResourceNotFound.InstanceNotExists';
const NOT_FOR_YOU = 'UnauthorizedOperation.UserNotInWhiteList';

const REFUSED: Refused[] = [
  {
    title: '001-36: a prepaid one',
    action: 'DestroyPostpaidInstance',
    body: redisPrepaid,
    code: 'InvalidParameterValue.UnSupportedType',
  },
  {
    title: 'in the bin',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    before: intoBin('terminate'),
    code: 'ResourceUnavailable.InstanceStatusError',
  },
  {
    title: 'L11: busy',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    more: changing,
    code: 'ResourceUnavailable.InstanceStatusError',
  },
  {
    title: 'L7: protected',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    before: protectedBy,
    code: 'UnsupportedOperation',
    says: /protection is on/,
  },
  {
    title: '001-05, E6: in arrears',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    before: arrears,
    code: 'FailedOperation',
    says: /arrears/,
  },
  {
    title: 'ended before',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    before: (owner, id) => inOrder(owner, id, intoBin('terminate'), purged),
    code: MISSING,
  },
  {
    title: 'a key that may not',
    action: 'DestroyPostpaidInstance',
    body: redisPostpaid,
    permissions: ['read', 'return'],
    code: 'UnauthorizedOperation',
    says: /terminate/,
  },
  {
    title: '001-37: a pay-as-you-go one',
    action: 'DestroyPrepaidInstance',
    body: redisPostpaid,
    code: 'InvalidParameterValue.UnSupportedType',
  },
  {
    title: 'in the bin',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    before: intoBin('return'),
    code: 'ResourceUnavailable.InstanceIsolated',
  },
  {
    title: 'L11: busy',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    more: changing,
    code: 'ResourceInUse',
  },
  {
    title: 'L7: protected',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    before: protectedBy,
    code: 'UnsupportedOperation',
  },
  {
    title: '001-20, E2: the quota is used',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    before: spendRights,
    code: 'LimitExceeded',
    says: /used up/,
  },
  {
    title: '001-15: of the promotion channel',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    more: { orders: [purchase(hoursAgo(48), { channel: 'promotion' })] },
    code: NOT_FOR_YOU,
  },
  {
    title: 'E5: on hold',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    before: (_, id) => ok(http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'fraud' })),
    code: NOT_FOR_YOU,
  },
  {
    title: 'bought with monthly settlement',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    more: { monthlySettled: true },
    code: 'FailedOperation',
  },
  {
    title: 'a key that may not',
    action: 'DestroyPrepaidInstance',
    body: redisPrepaid,
    permissions: ['read', 'terminate'],
    code: 'UnauthorizedOperation',
  },
  {
    title: 'not in the bin',
    action: 'StartupInstance',
    body: redisPostpaid,
    code: 'ResourceUnavailable.InstanceStatusAbnormal',
  },
  {
    title: 'busy',
    action: 'StartupInstance',
    body: redisPostpaid,
    more: changing,
    code: 'ResourceUnavailable.InstanceLockedError',
  },
  {
    title: 'a prepaid one, which takes a renewal',
    action: 'StartupInstance',
    body: redisPrepaid,
    before: intoBin('return'),
    code: 'FailedOperation.UnSupportError',
    says: /renewal/,
  },
  {
    title: 'E6: in arrears',
    action: 'StartupInstance',
    body: redisPostpaid,
    before: (owner, id) => inOrder(owner, id, intoBin('terminate'), arrears),
    code: 'FailedOperation.PayFailed',
  },
  {
    title: 'a key that may not',
    action: 'StartupInstance',
    body: redisPostpaid,
    permissions: ['read', 'renew'],
    code: 'UnauthorizedOperation',
  },
  {
    title: 'nothing on the balance',
    action: 'RenewInstance',
    body: redisPrepaid,
    ask: { Period: 1 },
    code: 'FailedOperation.PayFailed',
    says: /balance/,
  },
  {
    title: 'E6: in the bin and in arrears',
    action: 'RenewInstance',
    body: redisPrepaid,
    before: (owner, id) => inOrder(owner, id, intoBin('return'), arrears),
    ask: { Period: 1 },
    code: 'FailedOperation.PayFailed',
  },
  {
    title: 'busy',
    action: 'RenewInstance',
    body: redisPrepaid,
    more: changing,
    ask: { Period: 1 },
    code: 'ResourceInUse.InstanceBeenLocked',
  },
  {
    title: 'a pay-as-you-go one',
    action: 'RenewInstance',
    body: redisPostpaid,
    ask: { Period: 1 },
    code: 'InvalidParameterValue.UnSupportedType',
  },
  {
    title: 'no month',
    action: 'RenewInstance',
    body: redisPrepaid,
    ask: { Period: 0 },
    code: 'LimitExceeded.PeriodLessThanMinLimit',
  },
  {
    title: 'more than three years',
    action: 'RenewInstance',
    body: redisPrepaid,
    ask: { Period: 37 },
    code: 'LimitExceeded.PeriodExceedMaxLimit',
  },
  {
    title: 'months that nobody sells',
    action: 'RenewInstance',
    body: redisPrepaid,
    ask: { Period: 13 },
    code: 'InvalidParameterValue',
  },
  {
    title: 'to be billed otherwise',
    action: 'RenewInstance',
    body: redisPostpaid,
    ask: { Period: 1, ModifyPayMode: 'prepaid' },
    code: 'UnknownParameter',
  },
  {
    title: 'a key that may restore, of one that lives',
    action: 'RenewInstance',
    body: redisPrepaid,
    ask: { Period: 1 },
    permissions: ['restore'],
    code: 'UnauthorizedOperation',
    says: /renew/,
  },
  {
    title: 'a key that may renew, of one in the bin',
    action: 'RenewInstance',
    body: redisPrepaid,
    before: intoBin('return'),
    ask: { Period: 1 },
    permissions: ['renew'],
    code: 'UnauthorizedOperation',
    says: /restore/,
  },
  {
    title: 'not in the bin',
    action: 'CleanUpInstance',
    body: redisPostpaid,
    code: 'ResourceUnavailable.InstanceStatusAbnormal',
  },
  {
    title: 'L7: protected',
    action: 'CleanUpInstance',
    body: redisPostpaid,
    before: (owner, id) => inOrder(owner, id, intoBin('terminate'), protectedBy),
    code: 'UnsupportedOperation',
  },
  {
    title: 'ended before',
    action: 'CleanUpInstance',
    body: redisPostpaid,
    before: (owner, id) => inOrder(owner, id, intoBin('terminate'), purged),
    code: MISSING,
  },
  {
    title: 'a key that may not',
    action: 'CleanUpInstance',
    body: redisPostpaid,
    permissions: ['read', 'terminate', 'restore'],
    code: 'UnauthorizedOperation',
  },
  {
    title: 'a pay-as-you-go one',
    action: 'InquiryPriceRenewInstance',
    body: redisPostpaid,
    ask: { Period: 1 },
    code: 'InvalidParameterValue.UnSupportedType',
  },
  {
    title: 'ended before',
    action: 'InquiryPriceRenewInstance',
    body: redisPrepaid,
    before: (owner, id) => inOrder(owner, id, intoBin('return'), purged),
    ask: { Period: 1 },
    code: MISSING,
  },
];

describe('refused', () => {
  it.each(REFUSED.map((one) => [`${one.action}: ${one.title}`, one] as const))('%s', async (_, one) => {
    const owner = newAccount();
    const id = await register(http, one.body({ account: owner, ...one.more }), newId('crs'));
    await one.before?.(owner, id);
    const { state, step } = await lifeOf(id);
    const own = await clientFor(owner, one.permissions);
    const ask = { InstanceId: id, ...one.ask } as { InstanceId: string; Period: number };
    const { code, message, requestId } = await refusal(own[one.action](ask));
    expect({ code, message, requestId }).toEqual({
      code: one.code,
      message: expect.stringMatching(one.says ?? /./),
      requestId: expect.stringMatching(/^[\w-]{36}$/),
    });
    // Only what depends on the key or on the parameters says nothing of the instance.
    if (!one.permissions && !one.code.includes('Parameter') && !one.code.includes('Period'))
      expect(message).toMatch(new RegExp(`^${id}: `));
    expect(await lifeOf(id)).toMatchObject({ state, step });
  });

  const ONE_EACH = [
    'DestroyPostpaidInstance',
    'DestroyPrepaidInstance',
    'StartupInstance',
    'RenewInstance',
    'CleanUpInstance',
    'InquiryPriceRenewInstance',
  ] as const;
  it.each(ONE_EACH)('%s: what is not there for the caller, whoever has it', async (action) => {
    const needs = action.startsWith('Renew') || action.startsWith('Inquiry') ? { Period: 1 } : {};
    const ask = async (id: string, as = client) =>
      (await refusal(as[action]({ InstanceId: id, ...needs } as { InstanceId: string; Period: number })))
        .code;
    const others = await postpaid({ account: newAccount() });
    const otherProduct = await register(http, cvmPostpaid({ account }));
    const here = await postpaid();
    expect([
      await ask('crs-none'),
      await ask(others),
      await ask(otherProduct),
      await ask(here, clientOf(await pairOf(account), { region: 'ap-beijing' })),
    ]).toEqual([MISSING, MISSING, MISSING, MISSING]);
  });

  it.each(ONE_EACH)('%s: a parameter that is missing, malformed or unknown', async (action) => {
    const needs = action.startsWith('Renew') || action.startsWith('Inquiry') ? { Period: 1 } : {};
    const ask = async (more: Fields) => (await refusal(client[action]({ ...needs, ...more } as never))).code;
    expect([
      await ask({}),
      await ask({ InstanceId: '' }),
      await ask({ InstanceId: 7 }),
      await ask({ InstanceId: 'crs-1', Force: true }),
    ]).toEqual(['MissingParameter', 'InvalidParameterValue', 'InvalidParameterValue', 'UnknownParameter']);
  });

  it('DescribeTaskInfo, DescribeInstanceDealDetail: another account’s is as missing as what there is not', async () => {
    const owner = newAccount();
    const own = await clientFor(owner);
    const first = await postpaid({ account: owner });
    const second = await prepaid({ account: owner });
    const { TaskId } = await own.DestroyPostpaidInstance({ InstanceId: first });
    const { DealId } = await own.DestroyPrepaidInstance({ InstanceId: second });
    const mine = await refusal(client.DescribeTaskInfo({ TaskId: TaskId! }));
    const none = await refusal(client.DescribeTaskInfo({ TaskId: 1_000_000 }));
    expect([mine.code, none.code]).toEqual([
      'InvalidParameter.InvalidParameter',
      'InvalidParameter.InvalidParameter',
    ]);
    expect(mine.message.replace(String(TaskId), '1000000')).toBe(none.message);
    const ids = [DealId!, `${second}/o1`, 'crs-none/o1', 'r_none'];
    expect((await client.DescribeInstanceDealDetail({ DealIds: ids })).DealDetails).toEqual([]);
    expect((await own.DescribeInstanceDealDetail({ DealIds: ids })).DealDetails).toHaveLength(2);
    expect((await refusal(client.DescribeInstanceDealDetail({}))).code).toBe('MissingParameter');
    expect((await refusal(client.DescribeTaskInfo({} as never))).code).toBe('MissingParameter');
  });
});

it.each<[string, Profile]>([
  ['TC3, GET', { httpProfile: { reqMethod: 'GET' } }],
  ['HmacSHA256', { signMethod: 'HmacSHA256' }],
  ['HmacSHA1, GET', { signMethod: 'HmacSHA1', httpProfile: { reqMethod: 'GET' } }],
])('the same with %s: lists, numbers and all', async (_, profile) => {
  const own = clientOf(await pairOf(account), { profile });
  const [id, other] = [await postpaid({ name: 'wei-缓存' }), await postpaid()];
  const { InstanceSet } = await own.DescribeInstances({
    InstanceIds: [id, other],
    Status: [2],
    SearchKeys: ['缓存'],
    Limit: 5,
  });
  expect(InstanceSet).toMatchObject([{ InstanceId: id, InstanceName: 'wei-缓存' }]);
  const { TaskId } = await own.DestroyPostpaidInstance({ InstanceId: id });
  expect(await own.DescribeTaskInfo({ TaskId: TaskId! })).toMatchObject({ Status: 'succeed' });
  expect((await refusal(own.RenewInstance({ InstanceId: id, Period: 1 }))).code).toBe(
    'InvalidParameterValue.UnSupportedType',
  );
});

it('speaks Chinese where nobody says otherwise', async () => {
  const own = clientOf(await pairOf(account), { profile: { language: undefined } as unknown as Profile });
  const id = await postpaid();
  expect((await shown(id, own)).InstanceTitle).toBe('实例运行中');
  expect((await refusal(own.StartupInstance({ InstanceId: id }))).message).toMatch(/[一-鿿]/);
});

it('calls are counted by action and the vendor’s code', async () => {
  const { body } = await http.get('/metrics');
  expect(body).toMatch(
    /sunset_facade_calls_total\{facade="tencent-redis\/2018-04-12",action="CleanUpInstance",code="OK"\} \d+/,
  );
  expect(body).toMatch(/action="DestroyPrepaidInstance",code="LimitExceeded"\} 1/);
});

/** Tencent Cloud's own SDK for Node.js, unmodified, against the façade of CVM 2017-03-12. */
import { cvm } from 'tencentcloud-sdk-nodejs/tencentcloud/services/cvm';
import { PERMISSIONS, type Permission } from '../../domain/permissions';

import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  hoursAgo,
  instanceOf,
  newAccount,
  newId,
  purchase,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { auditAtEnd, useService } from '../support/service';
import { type Pair, refusal } from '../support/tencent';

const { service, http } = useService({ authFailuresPerMinute: 100_000 }, auditAtEnd);

type Client = InstanceType<typeof cvm.v20170312.Client>;
type Profile = NonNullable<ConstructorParameters<typeof cvm.v20170312.Client>[0]['profile']>;

const VIA = 'tencent-cvm/2017-03-12';

function clientOf(pair: Pair, profile: Profile = {}, region = ''): Client {
  const endpoint = new URL(http.url).host;
  return new cvm.v20170312.Client({
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
/** A client with a key of its own; each name is another caller. */
async function clientFor(
  account: string | null,
  permissions: readonly Permission[] = PERMISSIONS,
  profile?: Profile,
): Promise<Client> {
  pairs += 1;
  return clientOf(await makeKey(http, { account, name: `script-${pairs}`, permissions }), profile);
}

let account: string;
let client: Client;
/** Of all accounts. */
let staff: Client;
beforeAll(async () => {
  account = newAccount();
  client = await clientFor(account);
  staff = await clientFor(null);
});

const postpaid = (more: Fields = {}) => register(http, cvmPostpaid({ account, ...more }));
const prepaid = (more: Fields = {}) => register(http, cvmPrepaid({ account, ...more }));
const stateOf = async (id: string): Promise<string> => (await instanceOf(http, id)).state;
/** The vendor's times: UTC, to the second. */
const toSecond = (instant: string): string => `${instant.slice(0, 19)}Z`;
const deposit = (cash: string, whose = account) =>
  http.post(`/v1/accounts/${whose}/adjustments`, {
    kind: 'deposit',
    source: 'cash',
    currency: 'CNY',
    amount: cash,
    reference: newId('pay'),
    reason: 'top-up',
  });

describe('what there is', () => {
  it('DescribeInstances shows each field that has a source, and each state in the vendor’s words', async () => {
    const whose = newAccount();
    const own = await clientFor(whose);
    const startsAt = hoursAgo(48);
    const pre = await register(http, cvmPrepaid({ account: whose, name: 'web' }, startsAt));
    const post = await register(http, cvmPostpaid({ account: whose, state: 'stopped', startedAt: startsAt }));
    const changing = await register(http, cvmPostpaid({ account: whose }));
    expectStatus(await http.post(`/v1/instances/${changing}/operations`, { kind: 'resize' }), 200);
    const gone = await register(http, cvmPostpaid({ account: whose }));
    await end(http, [gone]);
    const other = await register(http, redisPostpaid({ account: whose }));
    const { TotalCount, InstanceSet, RequestId } = await own.DescribeInstances({});
    expect(RequestId).toMatch(/^[\w-]{36}$/);
    expect(TotalCount).toBe(3);
    expect(InstanceSet).toEqual([
      {
        Placement: { Zone: 'ap-guangzhou-2' },
        InstanceId: pre,
        InstanceName: 'web',
        InstanceType: 'S1.SMALL1',
        InstanceState: 'RUNNING',
        RestrictState: 'NORMAL',
        InstanceChargeType: 'PREPAID',
        CreatedTime: toSecond(startsAt),
        ExpiredTime: toSecond(purchase(startsAt).endsAt),
        RenewFlag: 'NOTIFY_AND_MANUAL_RENEW',
        IsolatedSource: 'NOTISOLATED',
        DisableApiTermination: false,
        StopChargingMode: 'NOT_APPLICABLE',
        LatestOperation: null,
        LatestOperationState: 'SUCCESS',
        LatestOperationRequestId: null,
        SystemDisk: { DiskId: 'd1' },
        DataDisks: [{ DiskId: 'd2', DeleteWithInstance: false }],
        InternetAccessible: { InternetChargeType: 'TRAFFIC_POSTPAID_BY_HOUR' },
        PrivateIpAddresses: [],
        PublicIpAddresses: null,
        Tags: [],
      },
      expect.objectContaining({
        InstanceId: post,
        InstanceState: 'STOPPED',
        InstanceChargeType: 'POSTPAID_BY_HOUR',
        CreatedTime: toSecond(startsAt),
        ExpiredTime: null,
        RenewFlag: null,
        StopChargingMode: 'KEEP_CHARGING',
      }),
      expect.objectContaining({
        InstanceId: changing,
        InstanceState: 'RUNNING',
        LatestOperation: 'resize',
        LatestOperationState: 'OPERATING',
      }),
    ]);
    const filtered = async (Name: string, Values: string[]) =>
      (await own.DescribeInstances({ Filters: [{ Name, Values }] })).InstanceSet!.map(
        (one) => one.InstanceId,
      );
    expect(await filtered('instance-state', ['STOPPED'])).toEqual([post]);
    expect(await filtered('instance-state', ['RUNNING'])).toEqual([pre, changing]);
    expect(await filtered('instance-state', ['SHUTDOWN', 'nonsense'])).toEqual([]);
    expect(await filtered('instance-charge-type', ['PREPAID'])).toEqual([pre]);
    expect(await filtered('instance-name', ['web'])).toEqual([pre]);
    expect(await filtered('instance-id', [post, other])).toEqual([post]);
    expect(await filtered('zone', ['ap-guangzhou-3'])).toEqual([]);
    const page = await own.DescribeInstances({ Offset: 1, Limit: 1 });
    expect({ total: page.TotalCount, ids: page.InstanceSet!.map((one) => one.InstanceId) }).toEqual({
      total: 3,
      ids: [post],
    });
    const status = await own.DescribeInstancesStatus({ InstanceIds: [post, gone, other, 'ins-nowhere'] });
    expect(status).toMatchObject({
      TotalCount: 1,
      InstanceStatusSet: [{ InstanceId: post, InstanceState: 'STOPPED' }],
    });
  });

  it('a region shows only its own', async () => {
    const pair = await makeKey(http, { account, name: 'regional', permissions: PERMISSIONS });
    const id = await postpaid();
    const there = (region: string) => clientOf(pair, {}, region);
    const ask = { InstanceIds: [id] };
    expect((await there('ap-guangzhou').DescribeInstancesStatus(ask)).TotalCount).toBe(1);
    expect((await there('ap-shanghai').DescribeInstancesStatus(ask)).TotalCount).toBe(0);
    expect((await refusal(there('ap-shanghai').StopInstances(ask))).code).toBe('InvalidInstanceId.NotFound');
  });
});

describe('TerminateInstances', () => {
  it('000-05: pay-as-you-go is destroyed at once, agreed to by this way', async () => {
    const id = await postpaid();
    expect(Object.keys(await client.TerminateInstances({ InstanceIds: [id, id] }))).toEqual(['RequestId']);
    expect(await stateOf(id)).toBe('terminated');
    const { body } = await http.get(`/v1/terminations?account=${account}&limit=1`);
    expect(body.items[0]).toMatchObject({ agreedVia: VIA, items: [{ instanceId: id, status: 'done' }] });
  });

  it('prepaid is returned into the bin, for what the inquiry said', async () => {
    const whose = newAccount();
    const own = await clientFor(whose);
    const id = await register(http, cvmPrepaid({ account: whose }));
    const { InstanceRefundsSet } = await own.InquiryPriceTerminateInstances({ InstanceIds: [id] });
    expect(InstanceRefundsSet).toMatchObject([{ InstanceId: id, Refunds: 407.96 }]);
    expect(InstanceRefundsSet![0]!.PriceDetail).toMatch(/^five-day 407\.96 CNY/);
    await own.TerminateInstances({ InstanceIds: [id] });
    const { InstanceSet } = await own.DescribeInstances({ InstanceIds: [id] });
    expect(InstanceSet).toMatchObject([
      {
        InstanceState: 'SHUTDOWN',
        IsolatedSource: 'MANMADE',
        LatestOperationState: 'SUCCESS',
        ExpiredTime: null,
      },
    ]);
    const { body } = await http.get(`/v1/refunds?account=${whose}`);
    expect(body.items).toMatchObject([{ instanceId: id, amount: '407.96' }]);
  });

  it('pay-as-you-go pays nothing back', async () => {
    const id = await postpaid();
    const { InstanceRefundsSet } = await client.InquiryPriceTerminateInstances({ InstanceIds: [id] });
    expect(InstanceRefundsSet).toMatchObject([{ InstanceId: id, Refunds: 0 }]);
  });

  describe('what is in the bin', () => {
    /** Returned by an SDK's call of its own caller. */
    async function returned(permissions: readonly Permission[] = PERMISSIONS) {
      const whose = newAccount();
      const own = await clientFor(whose, permissions);
      const id = await register(http, cvmPrepaid({ account: whose }));
      await own.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('isolated');
      return { own, id, whose };
    }

    it('stays there when the first call is only repeated', async () => {
      const { own, id } = await returned();
      const { step } = await instanceOf(http, id);
      for (let again = 0; again < 2; again += 1) {
        await own.TerminateInstances({ InstanceIds: [id] });
      }
      expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated', step });
    });

    it.each([
      ['DescribeInstances', (own: Client, id: string) => own.DescribeInstances({ InstanceIds: [id] })],
      [
        'DescribeInstancesStatus',
        (own: Client, id: string) => own.DescribeInstancesStatus({ InstanceIds: [id] }),
      ],
    ] as const)('is destroyed by a caller whom %s has told so', async (_, look) => {
      const { own, id } = await returned();
      await look(own, id);
      await own.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('terminated');
      expect((await own.DescribeInstances({ InstanceIds: [id] })).TotalCount).toBe(0);
    });

    it('is not destroyed because somebody else was told, and is by somebody else', async () => {
      const { own, id, whose } = await returned();
      const other = await clientFor(whose);
      await other.DescribeInstances({ InstanceIds: [id] });
      await own.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('isolated');
      await other.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('terminated');
    });

    it('is destroyed at once when it came there by another way, or ten minutes ago', async () => {
      const id = await prepaid();
      await end(http, [id], { action: 'return' });
      await client.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('terminated');
      const late = await returned();
      await service.pool.query(
        "UPDATE terminations SET agreed_at = agreed_at - interval '10 minutes' WHERE id IN (SELECT termination_id FROM termination_items WHERE instance_id = $1)",
        [late.id],
      );
      await late.own.TerminateInstances({ InstanceIds: [late.id] });
      expect(await stateOf(late.id)).toBe('terminated');
    });

    it('001-36: what was told before an undo does not count after the next return', async () => {
      const { own, id } = await returned();
      await own.DescribeInstances({ InstanceIds: [id] });
      await deposit('1000', (await instanceOf(http, id)).account);
      await own.RenewInstances({ InstanceIds: [id], InstanceChargePrepaid: { Period: 1 } });
      await own.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('isolated');
      await own.TerminateInstances({ InstanceIds: [id] });
      expect(await stateOf(id)).toBe('isolated');
    });

    it('is not destroyed without the permission `purge`, while it is protected, or beside what is not there', async () => {
      const { own, id, whose } = await returned(['read', 'return', 'terminate']);
      await own.DescribeInstances({ InstanceIds: [id] });
      // Never told of it, since it may not destroy: still a repeat.
      await own.TerminateInstances({ InstanceIds: [id] });
      const third = await clientFor(whose, ['read', 'return', 'terminate']);
      expect((await refusal(third.TerminateInstances({ InstanceIds: [id] }))).code).toBe(
        'UnauthorizedOperation',
      );
      const all = await clientFor(whose);
      const living = await register(http, cvmPrepaid({ account: whose }));
      expect((await refusal(all.TerminateInstances({ InstanceIds: [id, living] }))).code).toBe(
        'UnsupportedOperation.InstanceStateShutdown',
      );
      await all.ModifyInstancesAttribute({ InstanceIds: [id], DisableApiTermination: true });
      expect((await refusal(all.TerminateInstances({ InstanceIds: [id] }))).code).toBe(
        'UnsupportedOperation.InstancesProtected',
      );
      expect([await stateOf(id), await stateOf(living)]).toEqual(['isolated', 'running']);
    });
  });
});

describe('on, off and protected', () => {
  it('StopInstances and StartInstances', async () => {
    const ids = [await postpaid(), await prepaid()];
    await client.StopInstances({ InstanceIds: ids, StopType: 'SOFT', StoppedMode: 'KEEP_CHARGING' });
    expect([await stateOf(ids[0]!), await stateOf(ids[1]!)]).toEqual(['stopped', 'stopped']);
    await client.StartInstances({ InstanceIds: ids });
    expect([await stateOf(ids[0]!), await stateOf(ids[1]!)]).toEqual(['running', 'running']);
  });

  it('L7: ModifyInstancesAttribute protects and lifts it again, and twice is once', async () => {
    const id = await postpaid();
    const set = (DisableApiTermination: boolean) =>
      client.ModifyInstancesAttribute({ InstanceIds: [id], DisableApiTermination });
    await set(true);
    await set(true);
    expect((await instanceOf(http, id)).protection).toMatchObject({
      reason: `DisableApiTermination=true (${VIA})`,
    });
    expect((await client.DescribeInstances({ InstanceIds: [id] })).InstanceSet).toMatchObject([
      { DisableApiTermination: true },
    ]);
    await set(false);
    await set(false);
    expect((await instanceOf(http, id)).protection).toBeNull();
    expect((await timelineOf(http, id)).map(({ command }) => command)).toEqual([
      'register',
      'protect',
      'unprotect',
    ]);
  });
});

describe('RenewInstances', () => {
  it('renews from the account’s balance, and brings back from the bin', async () => {
    const whose = newAccount();
    const own = await clientFor(whose);
    await deposit('1000', whose);
    const id = await register(http, cvmPrepaid({ account: whose }));
    await own.RenewInstances({
      InstanceIds: [id],
      InstanceChargePrepaid: { Period: 2, RenewFlag: 'NOTIFY_AND_MANUAL_RENEW' },
      RenewPortableDataDisk: true,
    });
    expect((await instanceOf(http, id)).orders).toMatchObject([
      { kind: 'purchase' },
      { kind: 'renewal', months: 2 },
    ]);
    await own.TerminateInstances({ InstanceIds: [id] });
    expect(await stateOf(id)).toBe('isolated');
    await own.RenewInstances({ InstanceIds: [id], InstanceChargePrepaid: { Period: 1 } });
    expect(await stateOf(id)).toBe('running');
  });
});

describe('action timers', () => {
  const timerAt = (at: string) => ({ TimerAction: 'TerminateInstances', ActionTime: toSecond(at) });
  const timersOf = async (id: string, more = {}) =>
    (await client.DescribeInstancesActionTimer({ InstanceIds: [id], ...more })).ActionTimers!;

  it('000-07, 000-20: set, listed, deleted; set again and fired', async () => {
    const ids = [await postpaid(), await postpaid()];
    const [id] = ids as [string, string];
    const at = fromNow(2 * DAY);
    const { ActionTimerIds } = await client.ImportInstancesActionTimer({
      InstanceIds: ids,
      ActionTimer: timerAt(at),
    });
    expect(ActionTimerIds).toHaveLength(2);
    expect((await instanceOf(http, id)).termination).toMatchObject({
      mode: 'timed',
      at: toSecond(at).replace('Z', '.000Z'),
    });
    const waiting = {
      ActionTimerId: ActionTimerIds![0],
      InstanceId: id,
      TimerAction: 'TerminateInstances',
      ActionTime: toSecond(at),
      Status: 'UNDO',
      Externals: null,
    };
    expect(await timersOf(id)).toEqual([waiting]);
    expect(
      await timersOf(id, { ActionTimerIds, StatusList: ['UNDO'], TimerAction: 'TerminateInstances' }),
    ).toEqual([waiting]);
    expect(await timersOf(id, { StatusList: ['DONE', 'DOING'] })).toEqual([]);
    // Beijing time, eight hours ahead.
    const beijing = (instant: string): string =>
      new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    expect(await timersOf(id, { StartActionTime: beijing(at), EndActionTime: beijing(at) })).toEqual([
      waiting,
    ]);
    expect(await timersOf(id, { EndActionTime: beijing(fromNow(DAY)) })).toEqual([]);
    await client.DeleteInstancesActionTimer({ ActionTimerIds: [ActionTimerIds![0]!] });
    expect(await timersOf(id)).toEqual([]);
    expect((await instanceOf(http, id)).termination).toBeNull();
    const again = await client.ImportInstancesActionTimer({ InstanceIds: [id], ActionTimer: timerAt(at) });
    await fastForward(http, id, 'P3D');
    expect(await stateOf(id)).toBe('terminated');
    expect(await timersOf(id)).toMatchObject([{ ActionTimerId: again.ActionTimerIds![0], Status: 'DONE' }]);
    expect(
      (await refusal(client.DeleteInstancesActionTimer({ ActionTimerIds: again.ActionTimerIds! }))).code,
    ).toBe('UnsupportedOperation');
  });

  it('L5: an operation holds it back, and it is DOING meanwhile', async () => {
    const id = await postpaid();
    await client.ImportInstancesActionTimer({ InstanceIds: [id], ActionTimer: timerAt(fromNow(DAY)) });
    expectStatus(await http.post(`/v1/instances/${id}/operations`, { kind: 'resize' }), 200);
    await fastForward(http, id, 'P2D');
    expect(await timersOf(id)).toMatchObject([{ Status: 'DOING' }]);
    expectStatus(await http.post(`/v1/instances/${id}/operations/end`, { power: 'running' }), 200);
    await until(async () => (await stateOf(id)) === 'terminated', 'the timer to fire');
    expect(await timersOf(id)).toMatchObject([{ Status: 'DONE' }]);
  });

  it('another account’s timer is a missing one', async () => {
    const id = await postpaid();
    const { ActionTimerIds } = await client.ImportInstancesActionTimer({
      InstanceIds: [id],
      ActionTimer: timerAt(fromNow(DAY)),
    });
    const other = await clientFor(newAccount());
    expect(
      (await other.DescribeInstancesActionTimer({ ActionTimerIds: ActionTimerIds! })).ActionTimers,
    ).toEqual([]);
    expect((await refusal(other.DeleteInstancesActionTimer({ ActionTimerIds: ActionTimerIds! }))).code).toBe(
      'InvalidParameterValue',
    );
    expect((await instanceOf(http, id)).termination).not.toBeNull();
  });
});

describe('refusals', () => {
  /** What is asked of whom; answers the id that the message has to name, if any. */
  type Case = [title: string, code: string, ask: () => Promise<[call: Promise<unknown>, names?: string]>];
  const tomorrow = () => ({ TimerAction: 'TerminateInstances', ActionTime: toSecond(fromNow(DAY)) });
  const ended = async (id: string, action: 'terminate' | 'return' = 'return') => {
    await end(http, [id], { action });
    return id;
  };
  const protectedOne = async (id: string, holdRelease = false) => {
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'mine', holdRelease }), 200);
    return id;
  };
  const changing = async () => {
    const id = await postpaid();
    expectStatus(await http.post(`/v1/instances/${id}/operations`, { kind: 'resize' }), 200);
    return id;
  };
  const timed = async () => {
    const id = await postpaid();
    await client.ImportInstancesActionTimer({ InstanceIds: [id], ActionTimer: tomorrow() });
    return id;
  };
  const renewal = (id: string, Period = 1) =>
    client.RenewInstances({ InstanceIds: [id], InstanceChargePrepaid: { Period } });
  const terminate = (...InstanceIds: string[]) => client.TerminateInstances({ InstanceIds });
  const about = async (
    id: string,
    call: (id: string) => Promise<unknown>,
  ): Promise<[Promise<unknown>, string]> => [call(id), id];

  const cases: Case[] = [
    [
      'another account’s',
      'InvalidInstanceId.NotFound',
      async () => about(await register(http, cvmPostpaid()), terminate),
    ],
    ['no such instance', 'InvalidInstanceId.NotFound', () => about('ins-nowhere', terminate)],
    [
      'another product’s',
      'InvalidInstanceId.NotFound',
      async () => about(await register(http, redisPostpaid({ account })), terminate),
    ],
    [
      'an id that can’t be one',
      'InvalidInstanceId.Malformed',
      async () => [terminate('ins/../1'), 'InstanceIds.0'],
    ],
    [
      'too many ids',
      'InvalidParameterValue.LimitExceeded',
      async () => [terminate(...Array.from({ length: 101 }, (_, index) => `ins-${index}`)), 'InstanceIds'],
    ],
    ['no id', 'InvalidParameterValue', async () => [terminate(), 'InstanceIds']],
    [
      'ids of a wrong type',
      'InvalidParameter',
      async () => [client.TerminateInstances({ InstanceIds: 'ins-1' as never }), 'InstanceIds'],
    ],
    ['no ids', 'MissingParameter', async () => [client.TerminateInstances({} as never), 'InstanceIds']],
    [
      'an unknown parameter',
      'UnknownParameter',
      async () => [client.TerminateInstances({ InstanceIds: ['ins-1'], DryRun: true } as never), 'DryRun'],
    ],
    [
      'mixed billing',
      'UnsupportedOperation.InstanceMixedPricingModel',
      async () => [terminate(await postpaid(), await prepaid())],
    ],
    [
      'mixed billing, inquiry',
      'UnsupportedOperation.InstanceMixedPricingModel',
      async () => [
        client.InquiryPriceTerminateInstances({ InstanceIds: [await postpaid(), await prepaid()] }),
      ],
    ],
    [
      'family',
      'FailedOperation.Unreturnable',
      async () =>
        about(await register(http, cvmPrepaid({ account, type: 'SN2.SMALL1' }, hoursAgo(200))), terminate),
    ],
    [
      'activity',
      'FailedOperation.Unreturnable',
      async () =>
        about(
          await register(
            http,
            cvmPrepaid({ account, orders: [purchase(hoursAgo(200), { channel: 'activity' })] }),
          ),
          terminate,
        ),
    ],
    [
      'promotion',
      'FailedOperation.Unreturnable',
      async () =>
        about(await prepaid({ orders: [purchase(hoursAgo(48), { channel: 'promotion' })] }), terminate),
    ],
    [
      'hold',
      'FailedOperation.Unreturnable',
      async () => {
        const id = await prepaid();
        expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'risk' }), 200);
        return about(id, terminate);
      },
    ],
    [
      'protected',
      'UnsupportedOperation.InstancesProtected',
      async () => about(await protectedOne(await postpaid()), terminate),
    ],
    [
      'protected, of several',
      'UnsupportedOperation.InstancesProtected',
      async () => [terminate(await postpaid(), await protectedOne(await postpaid()))],
    ],
    ['busy', 'OperationDenied.InstanceOperationInProgress', async () => about(await changing(), terminate)],
    [
      'busy, stop',
      'OperationDenied.InstanceOperationInProgress',
      async () => about(await changing(), (id) => client.StopInstances({ InstanceIds: [id] })),
    ],
    [
      'terminated',
      'UnsupportedOperation.InstanceStateTerminated',
      async () => about(await ended(await postpaid(), 'terminate'), terminate),
    ],
    ['a timer is set', 'FailedOperation.MutActionTimerExist', async () => about(await timed(), terminate)],
    [
      'an address that stays',
      'UnsupportedOperation',
      async () =>
        about(await postpaid(), (id) =>
          client.TerminateInstances({ InstanceIds: [id], ReleaseAddress: true }),
        ),
    ],
    [
      'a disk that stays',
      'UnsupportedOperation',
      async () =>
        about(await prepaid(), (id) =>
          client.TerminateInstances({ InstanceIds: [id], ReleasePrepaidDataDisks: true }),
        ),
    ],
    [
      'start of a running one',
      'UnsupportedOperation.InstanceStateRunning',
      async () => about(await postpaid(), (id) => client.StartInstances({ InstanceIds: [id] })),
    ],
    [
      'stop of a stopped one',
      'UnsupportedOperation.InstanceStateStopped',
      async () =>
        about(await postpaid({ state: 'stopped' }), (id) => client.StopInstances({ InstanceIds: [id] })),
    ],
    [
      'stop in the bin',
      'UnsupportedOperation.InstanceStateShutdown',
      async () =>
        about(await ended(await register(http, cvmPrepaid())), (id) =>
          staff.StopInstances({ InstanceIds: [id] }),
        ),
    ],
    [
      'start of what is gone',
      'UnsupportedOperation.InstanceStateTerminated',
      async () =>
        about(await ended(await postpaid(), 'terminate'), (id) =>
          client.StartInstances({ InstanceIds: [id] }),
        ),
    ],
    [
      'stop without charging',
      'UnsupportedOperation.StoppedModeStopCharging',
      async () => [client.StopInstances({ InstanceIds: [await postpaid()], StoppedMode: 'STOP_CHARGING' })],
    ],
    [
      'two ways to stop',
      'InvalidParameterCombination',
      async () => [client.StopInstances({ InstanceIds: ['ins-1'], StopType: 'HARD', ForceStop: true })],
    ],
    [
      'renewal without a balance',
      'InvalidAccount.InsufficientBalance',
      async () =>
        about(await register(http, cvmPrepaid({ account: newAccount() })), (id) =>
          staff.RenewInstances({ InstanceIds: [id], InstanceChargePrepaid: { Period: 12 } }),
        ),
    ],
    [
      'renewal out of the bin in arrears',
      'InvalidAccount.InsufficientBalance',
      async () => {
        const whose = newAccount();
        const id = await ended(await register(http, cvmPrepaid({ account: whose })));
        expectStatus(await http.put(`/v1/accounts/${whose}`, { arrears: true, reason: 'unpaid' }), 200);
        const own = await clientFor(whose);
        return about(id, () =>
          own.RenewInstances({ InstanceIds: [id], InstanceChargePrepaid: { Period: 1 } }),
        );
      },
    ],
    [
      'a period that is not sold',
      'InvalidPeriod',
      async () => [renewal('ins-1', 13), 'InstanceChargePrepaid.Period'],
    ],
    [
      'no period',
      'MissingParameter',
      async () => [client.RenewInstances({ InstanceIds: ['ins-1'] }), 'InstanceChargePrepaid'],
    ],
    [
      'renewal by itself',
      'InvalidParameterValue',
      async () => [
        client.RenewInstances({
          InstanceIds: ['ins-1'],
          InstanceChargePrepaid: { Period: 1, RenewFlag: 'NOTIFY_AND_AUTO_RENEW' },
        }),
        'RenewFlag',
      ],
    ],
    [
      'renewal of pay-as-you-go',
      'UnsupportedOperation.InstanceChargeType',
      async () => about(await postpaid(), renewal),
    ],
    [
      'a second timer',
      'FailedOperation.MutActionTimerExist',
      async () =>
        about(await timed(), (id) =>
          staff.ImportInstancesActionTimer({ InstanceIds: [id], ActionTimer: tomorrow() }),
        ),
    ],
    [
      'a timer of a prepaid one',
      'UnsupportedOperation.NotSupportImportInstancesActionTimer',
      async () =>
        about(await prepaid(), (id) =>
          client.ImportInstancesActionTimer({ InstanceIds: [id], ActionTimer: tomorrow() }),
        ),
    ],
    [
      'a timer too soon',
      'InvalidParameterValue',
      async () =>
        about(await postpaid(), (id) =>
          client.ImportInstancesActionTimer({
            InstanceIds: [id],
            ActionTimer: { ...tomorrow(), ActionTime: toSecond(fromNow(60_000)) },
          }),
        ),
    ],
    [
      'a timer too far ahead',
      'InvalidParameterValue',
      async () => [
        client.ImportInstancesActionTimer({
          InstanceIds: [await postpaid()],
          ActionTimer: { ...tomorrow(), ActionTime: toSecond(fromNow(4 * 366 * DAY)) },
        }),
      ],
    ],
    [
      'a time that can’t be one',
      'InvalidParameterValue.InvalidTimeFormat',
      async () => [
        client.ImportInstancesActionTimer({
          InstanceIds: ['ins-1'],
          ActionTimer: { ...tomorrow(), ActionTime: '2026-02-30T00:00:00Z' },
        }),
        'ActionTimer.ActionTime',
      ],
    ],
    [
      'a time in another form',
      'InvalidParameterValue.InvalidTimeFormat',
      async () => [
        client.ImportInstancesActionTimer({
          InstanceIds: ['ins-1'],
          ActionTimer: { ...tomorrow(), ActionTime: '2027-02-20 00:00:00' },
        }),
        'ActionTimer.ActionTime',
      ],
    ],
    [
      'a timer for something else',
      'InvalidParameterValue',
      async () => [
        client.ImportInstancesActionTimer({
          InstanceIds: ['ins-1'],
          ActionTimer: { ...tomorrow(), TimerAction: 'StopInstances' },
        }),
        'ActionTimer.TimerAction',
      ],
    ],
    [
      'no such timer',
      'InvalidParameterValue',
      async () => [client.DeleteInstancesActionTimer({ ActionTimerIds: [`timer-${'0'.repeat(32)}-0`] })],
    ],
    [
      'what is no timer',
      'InvalidParameterValue',
      async () => [client.DeleteInstancesActionTimer({ ActionTimerIds: ['865d042d'] }), 'ActionTimerIds.0'],
    ],
    [
      'protection beside a timer',
      'UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance',
      async () =>
        about(await timed(), (id) =>
          client.ModifyInstancesAttribute({ InstanceIds: [id], DisableApiTermination: true }),
        ),
    ],
    [
      'a legal hold lifted without the permission',
      'UnauthorizedOperation',
      async () => {
        const id = await protectedOne(await postpaid(), true);
        const own = await clientFor(account, ['unprotect']);
        return [own.ModifyInstancesAttribute({ InstanceIds: [id], DisableApiTermination: false })];
      },
    ],
    [
      'another attribute',
      'UnknownParameter',
      async () => [
        client.ModifyInstancesAttribute({
          InstanceIds: ['ins-1'],
          DisableApiTermination: true,
          InstanceName: 'x',
        }),
        'InstanceName',
      ],
    ],
    [
      'ids and filters',
      'InvalidParameterCombination',
      async () => [
        client.DescribeInstances({ InstanceIds: ['ins-1'], Filters: [{ Name: 'zone', Values: ['x'] }] }),
      ],
    ],
    [
      'an unknown filter',
      'InvalidFilter',
      async () => [client.DescribeInstances({ Filters: [{ Name: 'toString', Values: ['x'] }] }), 'Filters.0'],
    ],
    [
      'a page too large',
      'InvalidParameterValue',
      async () => [client.DescribeInstances({ Limit: 101 }), 'Limit'],
    ],
    ['an unknown action', 'InvalidAction', async () => [client.DescribeZones()]],
  ];

  it.each(cases)('%s: %s', async (_, code, ask) => {
    const [call, names] = await ask();
    const refused = await refusal(call);
    expect(refused.code).toBe(code);
    if (names !== undefined) expect(refused.message).toContain(names);
  });

  it('used quota: LimitExceeded.UserReturnQuota', async () => {
    const whose = newAccount();
    const own = await clientFor(whose);
    for (let returns = 0; returns < 4; returns += 1)
      await ended(await register(http, cvmPrepaid({ account: whose })));
    const id = await register(http, cvmPrepaid({ account: whose }));
    for (const call of ['TerminateInstances', 'InquiryPriceTerminateInstances'])
      expect(await refusal(own.request(call, { InstanceIds: [id] }))).toMatchObject({
        code: 'LimitExceeded.UserReturnQuota',
        message: expect.stringContaining(id),
      });
  });

  it.each([
    ['DescribeInstances', {}, 'read'],
    ['DescribeInstancesStatus', {}, 'read'],
    ['InquiryPriceTerminateInstances', { InstanceIds: ['ins-1'] }, 'read'],
    ['TerminateInstances', { InstanceIds: ['ins-1'] }, 'terminate'],
    ['StartInstances', { InstanceIds: ['ins-1'] }, 'power'],
    ['StopInstances', { InstanceIds: ['ins-1'] }, 'power'],
    ['RenewInstances', { InstanceIds: ['ins-1'], InstanceChargePrepaid: { Period: 1 } }, 'renew'],
    ['ImportInstancesActionTimer', { InstanceIds: ['ins-1'], ActionTimer: tomorrow() }, 'terminate'],
    ['DescribeInstancesActionTimer', {}, 'read'],
    ['DeleteInstancesActionTimer', { ActionTimerIds: ['x'] }, 'terminate'],
    ['ModifyInstancesAttribute', { InstanceIds: ['ins-1'], DisableApiTermination: true }, 'protect'],
  ] as const)('%s without a permission: UnauthorizedOperation', async (name, params, permission) => {
    const nobody = await clientFor(account, ['usage']);
    const { code, message } = await refusal(nobody.request(name, params));
    expect(code).toBe('UnauthorizedOperation');
    expect(message).toContain(permission);
  });

  it('a return needs `return`, and a termination `terminate`', async () => {
    const one = await clientFor(account, ['read', 'terminate']);
    expect((await refusal(one.TerminateInstances({ InstanceIds: [await prepaid()] }))).code).toBe(
      'UnauthorizedOperation',
    );
    const other = await clientFor(account, ['read', 'return']);
    expect((await refusal(other.TerminateInstances({ InstanceIds: [await postpaid()] }))).code).toBe(
      'UnauthorizedOperation',
    );
  });
});

describe('the other ways that the SDK signs', () => {
  it.each([
    ['TC3-HMAC-SHA256', 'GET'],
    ['HmacSHA1', 'POST'],
    ['HmacSHA1', 'GET'],
    ['HmacSHA256', 'POST'],
    ['HmacSHA256', 'GET'],
  ] as const)(
    '%s by %s: reads, changes, and is refused in the caller’s language',
    async (signMethod, reqMethod) => {
      const name = `${signMethod}-${reqMethod}`;
      const pair = await makeKey(http, { account, name, permissions: PERMISSIONS });
      const profile: Profile = { signMethod, language: 'zh-CN', httpProfile: { reqMethod } };
      const own = clientOf(pair, profile);
      const ids = [await postpaid({ name: '网站 a&b=c' }), await postpaid()];
      const filter = { Name: 'instance-name', Values: ['网站 a&b=c'] };
      const { InstanceSet } = await own.DescribeInstances({ Filters: [filter], Limit: 100, Offset: 0 });
      expect(InstanceSet!.map(({ InstanceId }) => InstanceId)).toContain(ids[0]);
      await own.ModifyInstancesAttribute({ InstanceIds: ids, DisableApiTermination: true });
      expect((await instanceOf(http, ids[1]!)).protection).not.toBeNull();
      const { code, message } = await refusal(own.TerminateInstances({ InstanceIds: ids }));
      expect(code).toBe('UnsupportedOperation.InstancesProtected');
      expect(message).toContain(`${ids[0]}: 实例已开启销毁保护。`);
      await own.ModifyInstancesAttribute({ InstanceIds: ids, DisableApiTermination: false });
      await own.ImportInstancesActionTimer({
        InstanceIds: ids,
        ActionTimer: { TimerAction: 'TerminateInstances', ActionTime: toSecond(fromNow(DAY)) },
      });
      expect((await instanceOf(http, ids[1]!)).termination).not.toBeNull();
      const far = clientOf({ ...pair, secretKey: 'another' }, profile);
      expect((await refusal(far.DescribeInstances({}))).code).toBe('AuthFailure.SignatureFailure');
    },
  );
});

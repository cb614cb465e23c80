/** What there is, and in which state. */
import { z } from 'zod';
import type { ApiDeps } from '../../../api/deps';
import { type Billing, firstPurchase, lastTerm, openOrders, type State } from '../../../domain/instance';
import { each } from '../../../domain/turns';
import { inTurns } from '../../../store/in-turns';
import type { InstanceRow } from '../../../store/lives/instances';
import { listByOffset, type VendorFilter } from '../../../store/lives/lists';
import { tell } from '../../../store/lives/told';
import { type Answer, action, type VendorCall } from '../action';
import { scopeOf } from '../instances';
import { VendorError } from '../vendor-error';
import { instanceIds, page, toSecond } from './fields';
import { CHARGE_TYPES, INSTANCE_STATES, stateOf } from './words';

const filterSchema = z.strictObject({
  Name: z.string(),
  Values: z.array(z.string().max(128)).min(1).max(5),
});

type Filter = z.infer<typeof filterSchema>;

/** Those of the vendor's filters for which there is something to look at. */
const FILTERS: Record<string, (values: string[]) => Partial<VendorFilter>> = {
  zone: (zones) => ({ zones }),
  'instance-id': (ids) => ({ ids }),
  'instance-name': (names) => ({ names }),
  'instance-charge-type': (values) => ({
    billing: (Object.keys(CHARGE_TYPES) as Billing[]).filter((one) => values.includes(CHARGE_TYPES[one])),
  }),
  'instance-state': (values) => ({
    states: values.flatMap((one) => (Object.hasOwn(INSTANCE_STATES, one) ? INSTANCE_STATES[one]! : [])),
  }),
};

function filtersOf(filters: Filter[]): Partial<VendorFilter> {
  return Object.assign(
    {},
    ...filters.map(({ Name, Values }, index) => {
      if (Object.hasOwn(FILTERS, Name) && filters.findIndex((one) => one.Name === Name) === index)
        return FILTERS[Name]!(Values);
      throw new VendorError('InvalidFilter', {
        en: `Filters.${index}.Name is named twice or not one of: ${Object.keys(FILTERS).join(', ')}.`,
        zh: `Filters.${index}.Name 重复，或不属于：${Object.keys(FILTERS).join('、')}。`,
      });
    }),
  ) as Partial<VendorFilter>;
}

interface Listed {
  Offset: number;
  Limit: number;
  InstanceIds?: string[] | undefined;
}

/** A page; what it says of the bin is remembered for callers who may destroy (terminate.ts). */
async function listed(
  { pool }: ApiDeps,
  call: VendorCall,
  { Offset: offset, Limit: limit, InstanceIds: ids }: Listed,
  filter: Partial<VendorFilter> = {},
): Promise<{ items: InstanceRow[]; total: number }> {
  const found = await listByOffset(pool, { ...scopeOf(call), ids, ...filter }, { offset, limit });
  const isolated = found.items.filter(({ life }) => life.state === 'isolated').map(({ id }) => id);
  if (isolated.length && call.caller.may('purge')) await tell(pool, call.caller.name, isolated);
  return found;
}

const describeInstances = action({
  name: 'DescribeInstances',
  summary: 'A page of instances, by ids or by the filters zone, instance-id, -name, -charge-type and -state',
  params: z.strictObject({
    InstanceIds: instanceIds.optional(),
    Filters: z.array(filterSchema).max(10).optional(),
    ...page,
  }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call): Promise<Answer> => {
    const { params } = call;
    if (params.InstanceIds && params.Filters)
      throw new VendorError('InvalidParameterCombination', {
        en: 'InstanceIds and Filters exclude each other: send one of them.',
        zh: 'InstanceIds 与 Filters 不能同时指定，请只传其一。',
      });
    const { items, total } = await listed(deps, call, params, filtersOf(params.Filters ?? []));
    return { TotalCount: total, InstanceSet: await inTurns(each(items, presentInstance)) };
  },
});

const describeStatus = action({
  name: 'DescribeInstancesStatus',
  summary: 'The states of instances',
  params: z.strictObject({ InstanceIds: instanceIds.optional(), ...page }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call): Promise<Answer> => {
    const { items, total } = await listed(deps, call, call.params);
    return {
      TotalCount: total,
      InstanceStatusSet: items.map(({ id, life }) => ({ InstanceId: id, InstanceState: stateOf(life) })),
    };
  },
});

const NETWORKS = {
  traffic: { prepaid: 'TRAFFIC_POSTPAID_BY_HOUR', postpaid: 'TRAFFIC_POSTPAID_BY_HOUR' },
  bandwidth: { prepaid: 'BANDWIDTH_PREPAID', postpaid: 'BANDWIDTH_POSTPAID_BY_HOUR' },
} as const;

const UNDER_WAY: readonly State[] = ['changing', 'isolating', 'restoring', 'terminating'];

/** Nothing that is not known: fields without a source are left out, or null where clients read them. */
function presentInstance({ id, facts, life, orders }: InstanceRow): Answer {
  const { billing, disks, network, zone } = facts;
  const isPrepaid = billing === 'prepaid';
  const created = facts.startedAt ?? firstPurchase(orders)?.startsAt;
  const expires = isPrepaid ? lastTerm(openOrders(orders))?.endsAt : undefined;
  const system = disks.find(({ kind }) => kind === 'system');
  const isByExpiry = life.state === 'expired' || life.cause === 'expiry';
  const isUnderWay = UNDER_WAY.includes(life.state);
  return {
    Placement: { Zone: zone ?? null },
    InstanceId: id,
    InstanceName: facts.name ?? null,
    InstanceType: facts.type ?? null,
    InstanceState: stateOf(life),
    RestrictState: isByExpiry ? 'EXPIRED' : 'NORMAL',
    InstanceChargeType: CHARGE_TYPES[billing],
    CreatedTime: created === undefined ? null : toSecond(created),
    ExpiredTime: expires === undefined ? null : toSecond(expires),
    RenewFlag: isPrepaid ? 'NOTIFY_AND_MANUAL_RENEW' : null,
    IsolatedSource: isolatedSource(life),
    DisableApiTermination: life.protection !== null,
    StopChargingMode: life.state === 'stopped' ? 'KEEP_CHARGING' : 'NOT_APPLICABLE',
    LatestOperation: life.operation?.kind ?? null,
    LatestOperationState: isUnderWay ? 'OPERATING' : 'SUCCESS',
    LatestOperationRequestId: null,
    SystemDisk: system ? { DiskId: system.id } : null,
    DataDisks: disks
      .filter(({ kind }) => kind === 'data')
      .map((disk) => ({ DiskId: disk.id, DeleteWithInstance: disk.deleteWithInstance ?? null })),
    InternetAccessible: { InternetChargeType: NETWORKS[network.billing][billing] },
    PrivateIpAddresses: [],
    PublicIpAddresses: null,
    Tags: [],
  };
}

function isolatedSource({ state, cause }: InstanceRow['life']): string {
  if (state !== 'isolated') return 'NOTISOLATED';
  return cause === 'expiry' ? 'EXPIRE' : 'MANMADE';
}

export const describeActions = [describeInstances, describeStatus];

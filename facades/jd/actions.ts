/** What is answered of the vendor's `vm` v1. */
import { z } from 'zod';
import type { ApiDeps } from '../../api/deps';
import { notFound } from '../../api/problem';
import { command } from '../../api/use-cases/command';
import { endAll } from '../../api/use-cases/end';
import { id, text } from '../../contract/fields';
import { standings } from '../../store/books/accounts';
import type { InstanceRow } from '../../store/lives/instances';
import { listByOffset, type VendorFilter } from '../../store/lives/lists';
import { type Action, action, type JdCall, PRODUCT, VIA } from './action';
import { unanswered } from './errors';
import { existing, requireEnded } from './instances';
import { presentInstance, presentStatus, STATUSES, statesOf } from './present';
import { putReleaseTime } from './release-time';

const NOTHING = z.strictObject({});

/** In a query everything is text. */
const whole = (min: number, max: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'NOT_A_WHOLE_NUMBER' })
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .default(otherwise);

/** What may be filtered by: the vendor's others are of what Sunset knows nothing of. */
const exact = { values: z.array(text).min(1).max(100), operator: z.enum(['eq']).optional() };
const byText = (name: string) => z.strictObject({ name: z.literal(name), ...exact });
const byStatus = z.strictObject({
  ...exact,
  name: z.literal('status'),
  values: z.array(z.enum(STATUSES)).min(1).max(STATUSES.length),
});
const byName = z.strictObject({ ...exact, name: z.literal('name'), values: z.array(text).length(1) });

const listOf = (names: readonly [string, ...string[]]) =>
  z.strictObject({
    pageNumber: whole(1, 10_000_000, 1),
    pageSize: whole(10, 100, 20),
    filters: z
      .array(z.discriminatedUnion('name', [byStatus, byName, ...names.map(byText)]))
      .max(10)
      .default([]),
  });

type ListParams = z.output<ReturnType<typeof listOf>>;

/** What satisfies all filters of a name; undefined: there is none of that name. */
function valuesOf({ filters }: ListParams, name: string): string[] | undefined {
  const lists: string[][] = filters.filter((filter) => filter.name === name).map(({ values }) => values);
  const [first, ...others] = lists;
  return first?.filter((value) => others.every((list) => list.includes(value)));
}

async function list(
  { pool }: ApiDeps,
  { caller, regionId, params }: JdCall<ListParams>,
): Promise<{ items: InstanceRow[]; total: number }> {
  const { pageNumber, pageSize } = params;
  const statuses = valuesOf(params, 'status');
  const filter: VendorFilter = {
    tenant: caller.account ?? undefined,
    product: PRODUCT,
    region: regionId,
    ids: valuesOf(params, 'instanceId'),
    zones: valuesOf(params, 'az'),
    types: valuesOf(params, 'instanceType'),
    namesWith: params.filters.filter(({ name }) => name === 'name').map(({ values }) => values[0]!),
    ...(statuses ? { states: statesOf(statuses) } : {}),
  };
  return await listByOffset(pool, filter, { offset: (pageNumber - 1) * pageSize, limit: pageSize });
}

async function shown({ pool }: ApiDeps, rows: InstanceRow[]): Promise<Record<string, unknown>[]> {
  const standing = await standings(
    pool,
    rows.map(({ facts }) => facts.account),
  );
  return rows.map((row) => presentInstance(row, standing.get(row.facts.account)?.arrears ?? false));
}

async function power(deps: ApiDeps, call: JdCall, name: 'start' | 'stop'): Promise<Record<string, never>> {
  await existing(deps, call, [call.instanceId]);
  const { is } = await command(deps, call, call.instanceId, { name });
  if (is !== 'done') throw unanswered(call.instanceId);
  return {};
}

export const ACTIONS: readonly Action[] = [
  action({
    name: 'describeInstances',
    method: 'GET',
    path: '/instances',
    summary: 'lists instances, by `instanceId`, `name`, `status`, `az`, `instanceType`',
    params: listOf(['instanceId', 'az', 'instanceType']),
    changes: false,
    permission: 'read',
    run: async (deps, call) => {
      const { items, total } = await list(deps, call);
      return { instances: await shown(deps, items), totalCount: total };
    },
  }),
  action({
    name: 'describeInstance',
    method: 'GET',
    path: '/instances/{instanceId}',
    summary: 'one instance',
    params: NOTHING,
    changes: false,
    permission: 'read',
    run: async (deps, call) => {
      const [row] = await existing(deps, call, [call.instanceId]);
      if (row!.life.state === 'terminated') throw notFound('instance', row!.id);
      const [instance] = await shown(deps, [row!]);
      return { instance };
    },
  }),
  action({
    name: 'describeInstanceStatus',
    method: 'GET',
    path: '/instanceStatus',
    summary: 'lists ids with their status, by `instanceId`, `name`, `status`',
    params: listOf(['instanceId']),
    changes: false,
    permission: 'read',
    run: async (deps, call) => {
      const { items, total } = await list(deps, call);
      return { instanceStatuses: items.map(presentStatus), totalCount: total };
    },
  }),
  action({
    name: 'deleteInstance',
    method: 'DELETE',
    path: '/instances/{instanceId}',
    summary: 'terminates an instance that is stopped; elastic IPs stay',
    // The document keeps elastic IPs (002-08), so a request to delete them is refused, not passed over.
    params: z.strictObject({
      deletePrimaryNetworkInterfaceAllElasticIp: z.enum(['false', 'False']).optional(),
    }),
    changes: true,
    permission: 'terminate',
    run: async (deps, call) => {
      await existing(deps, call, [call.instanceId]);
      const { instanceId } = call;
      const schedule = { mode: 'now' as const };
      const ending = { action: 'terminate' as const, instanceIds: [instanceId], schedule, via: VIA };
      requireEnded(await endAll(deps, call, ending));
      return {};
    },
  }),
  action({
    name: 'stopInstance',
    method: 'POST',
    path: '/instances/{instanceId}:stopInstance',
    summary: 'stops a running instance',
    // Sunset stops no charges of what is only stopped.
    params: z.strictObject({ chargeOnStopped: z.enum(['keepCharging']).optional() }),
    changes: true,
    permission: 'power',
    run: (deps, call) => power(deps, call, 'stop'),
  }),
  action({
    name: 'startInstance',
    method: 'POST',
    path: '/instances/{instanceId}:startInstance',
    summary: 'starts a stopped instance',
    params: NOTHING,
    changes: true,
    permission: 'power',
    run: (deps, call) => power(deps, call, 'start'),
  }),
  action({
    name: 'modifyInstanceReleaseTime',
    method: 'POST',
    path: '/instances:modifyInstanceReleaseTime',
    summary: 'sets, moves or (empty) cancels the time at which pay-as-you-go instances end',
    params: z.strictObject({
      instanceIds: z.array(id).min(1).max(100),
      autoReleaseTime: z.string().max(100).optional(),
    }),
    changes: true,
    permission: 'terminate',
    run: async (deps, call) => {
      const { instanceIds, autoReleaseTime } = call.params;
      await putReleaseTime(deps, call, instanceIds, autoReleaseTime || undefined);
      return {};
    },
  }),
];

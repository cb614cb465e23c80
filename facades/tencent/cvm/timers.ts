/** Timed terminations, which are action timers to the vendor. A timer is an item of a termination. */
import { z } from 'zod';
import { cancel } from '../../../api/use-cases/cancel';
import { endAll } from '../../../api/use-cases/end';
import { clockOf } from '../../../domain/clock';
import { msOf } from '../../../domain/instant';
import { listTimers, type Timer, type TimerFilter } from '../../../store/agreements/items';
import { type Answer, action, type VendorCall } from '../action';
import { commandEach, existing, requireDone } from '../batch';
import { AboutInstance } from '../errors';
import { scopeOf } from '../instances';
import { VendorError } from '../vendor-error';
import { beijingTime, instanceIds, MAX, toSecond, utcTime } from './fields';

const TERMINATE = 'TerminateInstances';

/** How far ahead a timer has to be, of the instance's clock. */
const LEAD_MS = 5 * 60_000;

/** The termination is `t_` and hexadecimal digits. */
const timerId = ({ terminationId, position }: Pick<Timer, 'terminationId' | 'position'>): string =>
  `timer-${terminationId.replace(/^t_/, '')}-${position}`;

/** The item that it names; what can't be one names none. */
const itemOf = (id: string): string => id.replace(/^timer-/, 't_');

const timerIds = z
  .array(z.string().regex(/^timer-[0-9a-f]{32}-\d{1,3}$/, { error: 'INVALID' }))
  .min(1)
  .max(MAX);

const importTimer = action({
  name: 'ImportInstancesActionTimer',
  summary: 'Terminate pay-as-you-go instances at a time, at least five minutes ahead',
  params: z.strictObject({
    InstanceIds: instanceIds,
    ActionTimer: z.strictObject({ TimerAction: z.literal(TERMINATE), ActionTime: utcTime }),
  }),
  changes: true,
  permissions: ['terminate'],
  run: async (deps, call): Promise<Answer> => {
    const ids = call.params.InstanceIds;
    const at = call.params.ActionTimer.ActionTime;
    const rows = await existing(deps, call, ids);
    const early = rows.find((row) => msOf(at) - msOf(clockOf(row, Date.now())) <= LEAD_MS);
    if (early)
      throw new AboutInstance(
        early.id,
        new VendorError('InvalidParameterValue', {
          en: 'ActionTimer.ActionTime has to be more than five minutes ahead.',
          zh: 'ActionTimer.ActionTime 必须晚于当前时间五分钟以上。',
        }),
      );
    const { id, items } = await endAll(deps, call, {
      action: 'terminate',
      instanceIds: ids,
      schedule: { mode: 'timed', at },
      via: call.via,
    }).then((row) => {
      requireDone(row);
      return row;
    });
    return { ActionTimerIds: items.map((_, position) => timerId({ terminationId: id, position })) };
  },
});

const STATUSES = { UNDO: 'waiting', DOING: 'doing', DONE: 'done' } as const;
type Word = keyof typeof STATUSES;
const WORDS = Object.keys(STATUSES) as Word[];

const scoped = (call: VendorCall, more: Partial<TimerFilter>): TimerFilter => ({
  ...(({ tenant, product, region }) => ({ tenant, product, region }))(scopeOf(call)),
  ...more,
});

const describeTimers = action({
  name: 'DescribeInstancesActionTimer',
  summary: `The newest ${MAX} timers that wait or have come`,
  params: z.strictObject({
    ActionTimerIds: timerIds.optional(),
    InstanceIds: instanceIds.optional(),
    TimerAction: z.literal(TERMINATE).optional(),
    StartActionTime: beijingTime.optional(),
    EndActionTime: beijingTime.optional(),
    StatusList: z
      .array(z.enum(['UNDO', 'DOING', 'DONE']))
      .max(MAX)
      .optional(),
  }),
  changes: false,
  permissions: ['read'],
  run: async ({ pool }, call): Promise<Answer> => {
    const { params } = call;
    const filter = scoped(call, {
      items: params.ActionTimerIds?.map(itemOf),
      instanceIds: params.InstanceIds,
      from: params.StartActionTime,
      to: params.EndActionTime,
      statuses: params.StatusList?.map((word) => STATUSES[word]),
    });
    return { ActionTimers: (await listTimers(pool, filter, MAX)).map(presentTimer) };
  },
});

const presentTimer = (timer: Timer): Answer => ({
  ActionTimerId: timerId(timer),
  InstanceId: timer.instanceId,
  TimerAction: TERMINATE,
  ActionTime: toSecond(timer.at),
  Status: WORDS.find((word) => STATUSES[word] === timer.status)!,
  Externals: null,
});

const deleteTimers = action({
  name: 'DeleteInstancesActionTimer',
  summary: 'Cancel timers that wait',
  params: z.strictObject({ ActionTimerIds: timerIds }),
  changes: true,
  permissions: ['terminate'],
  run: async (deps, call): Promise<Answer> => {
    const wanted = [...new Set(call.params.ActionTimerIds)];
    const timers = await listTimers(deps.pool, scoped(call, { items: wanted.map(itemOf) }), MAX);
    const known = new Set(timers.map(timerId));
    const missing = wanted.find((id) => !known.has(id));
    if (missing !== undefined) throw noTimer(missing);
    const over = timers.find(({ status }) => status !== 'waiting');
    if (over) throw timerOver(timerId(over));
    await commandEach(
      timers.map(({ instanceId }) => instanceId),
      call,
      async (id, asking) => await cancel(deps, asking, { id, async: false }),
    );
    return {};
  },
});

const noTimer = (id: string): VendorError =>
  new VendorError('InvalidParameterValue', {
    en: `ActionTimerIds: there is no timer ${id}. DescribeInstancesActionTimer lists those that there are.`,
    zh: `ActionTimerIds：定时任务 ${id} 不存在。可通过 DescribeInstancesActionTimer 查询。`,
  });

const timerOver = (id: string): VendorError =>
  new VendorError('UnsupportedOperation', {
    en: `${id}: its time has come; only timers that wait can be deleted.`,
    zh: `${id}：定时任务已开始执行，只能删除未执行的定时任务。`,
  });

export const timerActions = [importTimer, describeTimers, deleteTimers];

/** Actions that only look. */
import { z } from 'zod';
import { renewalPriceOf } from '../../../api/use-cases/renewal-price';
import { id, text } from '../../../contract/fields';
import { kindOf } from '../../../contract/problems';
import type { Text } from '../../../domain/text';
import { each } from '../../../domain/turns';
import { inTurns } from '../../../store/in-turns';
import { listByOffset, type VendorFilter } from '../../../store/lives/lists';
import { findTask, type TaskRow } from '../../../store/lives/tasks';
import { action, type VendorCall } from '../action';
import { existing } from '../batch';
import { lookUp, scopeOf } from '../instances';
import { VendorError } from '../vendor-error';
import { findDeal } from './deals';
import { inBeijing, statesOf, toInstanceSet } from './instance-set';
import { inNameOf } from './one';
import { period, requirePeriod } from './period';

const MOST_LISTED = 1000;
const MOST_IDS = 100;
const MOST_WORDS = 20;
const MOST_DEALS = 10;

const dealId = z.string().min(1).max(400);

/** Of the vendor's own. */
const STATUSES = [0, 1, 2, -2, -3] as const;

/**
 * Those that Sunset can answer. Others narrow the list by what it doesn't know (tags, networks, engines), or ask
 * for another order: they are unknown here, so that no list is longer than what was asked for.
 */
const listing = z.strictObject({
  Limit: z.number().int().min(1).max(MOST_LISTED).default(20),
  Offset: z.number().int().min(0).max(1_000_000_000).default(0),
  InstanceId: id.optional(),
  InstanceIds: z.array(id).max(MOST_IDS).optional(),
  Status: z
    .array(z.number().refine((one) => (STATUSES as readonly number[]).includes(one)))
    .max(10)
    .optional(),
  BillingMode: z.enum(['postpaid', 'prepaid']).optional(),
  InstanceName: text.optional(),
  SearchKey: text.optional(),
  SearchKeys: z.array(text).max(MOST_WORDS).optional(),
});
type Listing = z.output<typeof listing>;

/** The vendor takes an empty list for none. */
const given = <T>(list: T[] | undefined): T[] | undefined => (list?.length ? list : undefined);

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;

function requireNoAddress(words: readonly string[]): void {
  const address = words.find((word) => ADDRESS.test(word));
  if (address === undefined) return;
  throw new VendorError('InvalidParameterValue', {
    en: `SearchKeys: ${address} is an address, and no instance's address is known here. Search by id or name.`,
    zh: `SearchKeys：${address} 为 IP 地址，此处不记录实例的 IP 地址。请按实例 ID 或名称查询。`,
  });
}

function filterOf(call: VendorCall<Listing>): VendorFilter {
  const { InstanceId, InstanceIds, Status, BillingMode, InstanceName, SearchKey, SearchKeys } = call.params;
  const words = [SearchKey === undefined ? undefined : [SearchKey], given(SearchKeys)].filter(
    (anyOf) => anyOf !== undefined,
  );
  requireNoAddress(SearchKeys ?? []);
  const statuses = given(Status);
  const ids = given(InstanceIds);
  return {
    ...scopeOf(call),
    states: statuses && statesOf(statuses),
    // Both: what is in both.
    ids: InstanceId === undefined ? ids : [InstanceId].filter((one) => !ids || ids.includes(one)),
    billing: BillingMode && [BillingMode],
    names: InstanceName === undefined ? undefined : [InstanceName],
    words,
  };
}

/** Another account's task is as missing as one that there never was. */
const noTask = (taskId: number): VendorError =>
  new VendorError('InvalidParameter.InvalidParameter', {
    en: `There is no task ${taskId}.`,
    zh: `任务 ${taskId} 不存在。`,
  });

const TASK_STATUS: Record<TaskRow['status'], string> = {
  waiting: 'preparing',
  running: 'running',
  done: 'succeed',
  failed: 'failed',
};

const WAITS: Text = {
  en: 'The instance’s workflow is lost. Have an operator repair it; then the task goes on by itself.',
  zh: '该实例的工作流已丢失。请由运维人员修复，修复后任务将自动继续。',
};

const describeInstances = action({
  name: 'DescribeInstances',
  summary: 'Instances that have not ended, in order of their registration',
  params: listing,
  changes: false,
  permissions: ['read'],
  run: async (deps, call) => {
    const { Offset: offset, Limit: limit } = call.params;
    const { items, total } = await listByOffset(deps.pool, filterOf(call), { offset, limit });
    const shown = await inTurns(each(items, (row) => toInstanceSet(row, call.lang)));
    return { TotalCount: total, InstanceSet: shown };
  },
});

const describeTaskInfo = action({
  name: 'DescribeTaskInfo',
  summary: 'What has become of a task; `preparing`: it waits for the repair of its instance’s workflow',
  params: z.strictObject({ TaskId: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call) => {
    const { TaskId } = call.params;
    const task = await findTask(deps.pool, TaskId);
    if (!task) throw noTask(TaskId);
    const { found } = await lookUp(deps, call, [task.instanceId]);
    if (!found.length) throw noTask(TaskId);
    return {
      Status: TASK_STATUS[task.status],
      StartTime: inBeijing(task.askedAt),
      TaskType: task.kind,
      InstanceId: task.instanceId,
      TaskMessage: messageOf(task)[call.lang],
    };
  },
});

/** Why it has failed, or what it waits for. */
function messageOf({ status, problem }: TaskRow): Text {
  if (!problem) return { en: '', zh: '' };
  if (status === 'waiting') return WAITS;
  const { detail, next } = kindOf(problem.code);
  return { en: `${detail.en} ${next.en}`, zh: `${detail.zh}${next.zh}` };
}

const describeDeals = action({
  name: 'DescribeInstanceDealDetail',
  summary: 'Orders and returns by their deals, those that there are; `Price` in fen',
  params: z.strictObject({
    DealIds: z.array(dealId).max(MOST_DEALS).optional(),
    DealName: dealId.optional(),
  }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call) => {
    const { DealIds = [], DealName } = call.params;
    const ids = new Set(DealName === undefined ? DealIds : [...DealIds, DealName]);
    if (!ids.size)
      throw new VendorError('MissingParameter', {
        en: 'DealIds or DealName is required.',
        zh: '需要 DealIds 或 DealName。',
      });
    const deals = await Promise.all([...ids].map((one) => findDeal(deps, call, one)));
    return { DealDetails: deals.filter((one) => one !== undefined) };
  },
});

const inquireRenewal = action({
  name: 'InquiryPriceRenewInstance',
  summary: 'What a renewal costs that is bought now, in fen',
  params: z.strictObject({ InstanceId: id, Period: period }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call) => {
    const { InstanceId, Period } = call.params;
    requirePeriod(Period);
    const [row] = await existing(deps, call, [InstanceId]);
    const { currency, price } = await inNameOf(InstanceId, async () => renewalPriceOf(row!, Period));
    return { Price: Number(price), Currency: currency, AmountUnit: 'pent' };
  },
});

export const reads = [describeInstances, describeTaskInfo, describeDeals, inquireRenewal];

/**
 * Ending instances: pay-as-you-go ones are destroyed at once, prepaid ones are returned into the bin, and what is
 * in the bin is destroyed for good by a second call.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { derivedId } from '../../../api/asking';
import { type ApiDeps, policyOfRow } from '../../../api/deps';
import { Problem } from '../../../api/problem';
import { Blocked, endAll } from '../../../api/use-cases/end';
import { purge } from '../../../api/use-cases/purge';
import { quote } from '../../../api/use-cases/quote';
import { presentQuoteItem } from '../../../contract/present';
import type { Action } from '../../../domain/instance';
import { planFor } from '../../../domain/plan';
import type { Lang } from '../../../domain/text';
import { type LatestEnding, latestEndings } from '../../../store/agreements/items';
import type { QuotedItem } from '../../../store/agreements/quotes';
import type { InstanceRow } from '../../../store/lives/instances';
import { type Answer, action, type VendorCall } from '../action';
import { commandEach, existing, requireDone } from '../batch';
import { AboutInstance, lacking } from '../errors';
import { VendorError } from '../vendor-error';
import { instanceIds } from './fields';

/** @throws VendorError when they are billed in different ways: one call ends them by one action */
function actionFor(rows: InstanceRow[]): Action {
  const [billing, other] = new Set(rows.map(({ facts }) => facts.billing));
  if (other !== undefined)
    throw new VendorError('UnsupportedOperation.InstanceMixedPricingModel', {
      en: 'The instances of one call have to have the same charge type. Send them in two calls.',
      zh: '同一次调用中的实例计费模式必须相同，请分两次调用。',
    });
  return billing === 'prepaid' ? 'return' : 'terminate';
}

const inquiryPrice = action({
  name: 'InquiryPriceTerminateInstances',
  summary: 'What ending instances would pay back now; `PriceDetail` shows how it was reckoned',
  params: z.strictObject({ InstanceIds: instanceIds }),
  changes: false,
  permissions: ['read'],
  run: async (deps, call): Promise<Answer> => {
    const ids = call.params.InstanceIds;
    const asked = { action: actionFor(await existing(deps, call, ids)), instanceIds: ids };
    const { items, unknown } = await quote(deps, call, { ...asked, schedule: { mode: 'now' } });
    const blocked = items.filter(({ permitted }) => !permitted);
    if (blocked.length || unknown.length)
      throw new Blocked(
        blocked,
        unknown.map(({ instanceId }) => instanceId),
      );
    return { InstanceRefundsSet: items.map((item) => presentRefund(item, call.lang)) };
  },
});

/** The vendor's client reads the amount as a number; the detail has it as text, and how it was reckoned. */
function presentRefund(item: QuotedItem, lang: Lang): Answer {
  const { kind, amount = '0', currency, lines = [] } = presentQuoteItem(item, lang).refund;
  return {
    InstanceId: item.instanceId,
    Refunds: Number(amount),
    PriceDetail: [
      [kind, amount, currency ?? ''].join(' ').trim(),
      ...lines.map((line) => `${line.label}: ${line.formula} = ${line.amount}`),
    ].join('; '),
  };
}

const terminateSchema = z.strictObject({
  InstanceIds: instanceIds,
  ReleaseAddress: z.boolean().default(false),
  ReleasePrepaidDataDisks: z.boolean().default(false),
});

type Call = VendorCall<z.output<typeof terminateSchema>>;

const terminate = action({
  name: 'TerminateInstances',
  summary:
    'Pay-as-you-go: destroyed at once. Prepaid: returned, into the bin. In the bin: destroyed for good, with `purge`',
  params: terminateSchema,
  changes: true,
  permissions: ['terminate', 'return', 'purge'],
  run: async (deps, call): Promise<Answer> => {
    const began = Date.now();
    const rows = await existing(deps, call, call.params.InstanceIds);
    const ending = actionFor(rows);
    for (const row of rows) requireParts(deps, row, call.params);
    const { again, binned } = await sorted(deps, call, rows);
    const fresh = rows.filter((row) => !again.includes(row) && !binned.includes(row));
    if (binned.length && fresh.length) throw mixedWithBin(binned);
    if (binned.length) await destroy(deps, call, binned);
    else if (fresh.length) await end(deps, call, ending, fresh);
    const isBinned = fresh.length > 0 && ending === 'return';
    if (isBinned || again.length) await secondSince(began);
    return {};
  },
});

/**
 * Signatures count whole seconds and have no nonce. Terraform looks at what it has put into the bin and destroys
 * it at once: answered within the second, its second call would be signed like the first one, and be a repeat.
 */
const secondSince = async (began: number): Promise<void> =>
  await sleep(Math.max(0, began + 1000 - Date.now()));

/**
 * What goes with an instance is the product's plan, for all (L4): what it keeps can't be asked away.
 * @throws AboutInstance when it keeps what is asked to go
 */
function requireParts(deps: ApiDeps, row: InstanceRow, params: Call['params']): void {
  const { retain } = planFor(row.id, row.facts, policyOfRow(deps)(row).disposal);
  const kept = retain.filter(
    ({ kind }) =>
      (kind === 'address' && params.ReleaseAddress) || (kind === 'disk' && params.ReleasePrepaidDataDisks),
  );
  if (!kept.length) return;
  const names = kept.map(({ id }) => id).join(', ');
  throw new AboutInstance(
    row.id,
    new VendorError('UnsupportedOperation', {
      en: `${names} stay when the instance ends, and are released by themselves only. Leave ReleaseAddress and ReleasePrepaidDataDisks out.`,
      zh: `${names} 在实例销毁后保留，只能单独释放。请不要设置 ReleaseAddress 与 ReleasePrepaidDataDisks。`,
    }),
  );
}

const TEN_MINUTES = 600;

/**
 * A client that does not hear an answer asks again under another signature. That is a repeat, and no second
 * wish, when this caller has put the instance into the bin this way a short time ago and has not been told
 * since that it is there.
 */
const isRepeat = (
  { agreedVia, agreedBy, ageSeconds, isTold }: LatestEnding,
  { via, caller }: Call,
): boolean => agreedVia === via && agreedBy === caller.name && ageSeconds < TEN_MINUTES && !isTold;

/** @throws AboutInstance when an earlier call is still at work on one of them */
async function sorted(
  { pool }: ApiDeps,
  call: Call,
  rows: InstanceRow[],
): Promise<{ again: InstanceRow[]; binned: InstanceRow[] }> {
  const ids = rows.map(({ id }) => id);
  const latest = new Map(
    (await latestEndings(pool, ids, call.caller.name)).map((one) => [one.instanceId, one] as const),
  );
  const own = derivedId('t', call.commandId);
  const running = [...latest.values()].find((one) => one.status === 'accepted' && one.terminationId !== own);
  if (running) throw new AboutInstance(running.instanceId, taskRunning());
  const again = rows.filter(({ id, life }) => {
    const ending = latest.get(id);
    return life.state === 'isolated' && life.cause !== 'expiry' && ending && isRepeat(ending, call);
  });
  const binned = rows.filter((row) => row.life.state === 'isolated' && !again.includes(row));
  return { again, binned };
}

/** It is over in a moment, so it isn't stored. */
const taskRunning = (): VendorError =>
  new VendorError(
    'MutexOperation.TaskRunning',
    {
      en: 'An earlier call is still ending it. Look at the instance in a moment.',
      zh: '先前的销毁请求仍在处理中。请稍后查看实例。',
    },
    true,
  );

const mixedWithBin = (binned: InstanceRow[]): VendorError => {
  const ids = binned.map(({ id }) => id).join(', ');
  return new VendorError('UnsupportedOperation.InstanceStateShutdown', {
    en: `In the bin already: ${ids}. Destroy those in a call of their own; nothing was done.`,
    zh: `已在回收站中：${ids}。请单独调用以彻底销毁；本次未执行任何操作。`,
  });
};

async function end(deps: ApiDeps, call: Call, ending: Action, rows: InstanceRow[]): Promise<void> {
  const ids = rows.map(({ id }) => id);
  const asked = { action: ending, instanceIds: ids, schedule: { mode: 'now' } as const, via: call.via };
  requireDone(await endAll(deps, call, asked));
}

/** For good. What forbids it is looked at for all of them before the first goes. */
async function destroy(deps: ApiDeps, call: Call, rows: InstanceRow[]): Promise<void> {
  if (!call.caller.may('purge')) throw lacking(['purge']);
  const kept = rows.find(({ life }) => life.protection);
  if (kept) throw new AboutInstance(kept.id, new Problem('PROTECTED', { state: kept.life.state }));
  await commandEach(
    rows.map(({ id }) => id),
    call,
    async (id, asking) => await purge(deps, asking, { id, confirm: id, async: false }),
  );
}

export const terminateActions = [inquiryPrice, terminate];

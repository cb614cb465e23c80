/** Actions that change something. */
import { z } from 'zod';
import type { ApiDeps } from '../../../api/deps';
import { Problem } from '../../../api/problem';
import { endAll } from '../../../api/use-cases/end';
import { order } from '../../../api/use-cases/order';
import { purge } from '../../../api/use-cases/purge';
import { restore } from '../../../api/use-cases/restore';
import { id } from '../../../contract/fields';
import { itemCommandId, refundId } from '../../../domain/ids';
import { keepTask } from '../../../store/lives/tasks';
import { findStep } from '../../../store/lives/timeline';
import { action, type VendorCall } from '../action';
import { existing } from '../batch';
import { lacking } from '../errors';
import { dealOf, orderDeal } from './deals';
import { inNameOf, requireAnswer } from './one';
import { period, requirePeriod } from './period';

const one = z.strictObject({ InstanceId: id });
type One = z.output<typeof one>;
const forSoLong = z.strictObject({ InstanceId: id, Period: period });

/**
 * Into the bin, quoted and agreed to in one. An item that its instance has not answered yet goes on: the task or
 * the deal says how.
 * @returns the termination's id
 */
async function destroy(
  deps: ApiDeps,
  call: VendorCall<One>,
  ending: 'terminate' | 'return',
): Promise<string> {
  const { InstanceId } = call.params;
  await existing(deps, call, [InstanceId]);
  return await inNameOf(InstanceId, async () => {
    const { id: terminationId, items } = await endAll(deps, call, {
      action: ending,
      instanceIds: [InstanceId],
      schedule: { mode: 'now' },
      via: call.via,
    });
    const { status, problem } = items[0]!;
    if (status === 'accepted' || status === 'done') return terminationId;
    throw new Problem(problem?.code ?? 'NOT_POSSIBLE', { state: problem?.state });
  });
}

const destroyPostpaid = action({
  name: 'DestroyPostpaidInstance',
  summary: 'Terminate a pay-as-you-go instance: into the bin',
  params: one,
  changes: true,
  permissions: ['terminate'],
  run: async (deps, call) => {
    const { InstanceId: instanceId } = call.params;
    const terminationId = await destroy(deps, call, 'terminate');
    const commandId = itemCommandId(terminationId, instanceId);
    return {
      TaskId: await keepTask(deps.pool, { instanceId, commandId, terminationId, kind: 'FLOW_CLOSE' }),
    };
  },
});

const destroyPrepaid = action({
  name: 'DestroyPrepaidInstance',
  summary: 'Return a prepaid instance: settled, and into the bin',
  params: one,
  changes: true,
  permissions: ['return'],
  run: async (deps, call) => {
    const terminationId = await destroy(deps, call, 'return');
    return { ...dealOf(refundId(terminationId, call.params.InstanceId)) };
  },
});

const startup = action({
  name: 'StartupInstance',
  summary: 'Restore a pay-as-you-go instance from the bin',
  params: one,
  changes: true,
  permissions: ['restore'],
  run: async (deps, call) => {
    const { InstanceId: instanceId } = call.params;
    const [row] = await existing(deps, call, [instanceId]);
    const { billing, state } = row!.life;
    await inNameOf(instanceId, async () => {
      if (billing === 'prepaid' && state === 'isolated') throw new Problem('RENEWAL_REQUIRED', { state });
      requireAnswer(await restore(deps, call, { id: instanceId, async: false }));
    });
    return {
      TaskId: await keepTask(deps.pool, { instanceId, commandId: call.commandId, kind: 'FLOW_STARTUP' }),
    };
  },
});

const renew = action({
  name: 'RenewInstance',
  summary:
    'Renew a prepaid instance, priced here and paid from the account; one in the bin comes back (`restore`)',
  params: forSoLong,
  changes: true,
  permissions: ['renew', 'restore'],
  run: async (deps, call) => {
    const { InstanceId: instanceId, Period: months } = call.params;
    requirePeriod(months);
    const [row] = await existing(deps, call, [instanceId]);
    const { billing, state } = row!.life;
    const isInBin = state === 'isolated';
    const needed = isInBin ? 'restore' : 'renew';
    if (!call.caller.may(needed)) throw lacking([needed]);
    await inNameOf(instanceId, async () => {
      if (billing === 'postpaid') throw new Problem('WRONG_BILLING', { state });
      const result = isInBin
        ? await restore(deps, call, { id: instanceId, renewal: { months }, async: false })
        : await order(deps, call, {
            id: instanceId,
            order: { kind: 'renewal', channel: 'standard', months },
          });
      requireAnswer(result);
    });
    // A renewal's step says which order it has made.
    const step = await findStep(deps.pool, instanceId, call.commandId);
    return { ...orderDeal(instanceId, (step!.details as { order: { id: string } }).order.id) };
  },
});

const cleanUp = action({
  name: 'CleanUpInstance',
  summary: 'Purge an instance from the bin, for good',
  params: one,
  changes: true,
  permissions: ['purge'],
  run: async (deps, call) => {
    const { InstanceId: instanceId } = call.params;
    await existing(deps, call, [instanceId]);
    await inNameOf(instanceId, async () =>
      requireAnswer(await purge(deps, call, { id: instanceId, confirm: instanceId, async: false })),
    );
    return {
      TaskId: await keepTask(deps.pool, { instanceId, commandId: call.commandId, kind: 'FLOW_DELETE' }),
    };
  },
});

export const changes = [destroyPostpaid, destroyPrepaid, startup, renew, cleanUp];

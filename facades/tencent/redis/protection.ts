/** Delete protection: the only one of the operations of ModifyInstance that there is here. */
import { z } from 'zod';
import { protect, unprotect } from '../../../api/use-cases/protect';
import { id } from '../../../contract/fields';
import type { Permission } from '../../../domain/permissions';
import type { InstanceRow } from '../../../store/lives/instances';
import { action } from '../action';
import { commandEach, existing, requireState } from '../batch';
import { lacking } from '../errors';
import { VendorError } from '../vendor-error';

const OPERATION = 'modifyDeleteProtectionSwitch';
/** The vendor's own limit. */
const MOST_AT_ONCE = 10;

const modify = action({
  name: 'ModifyInstance',
  summary: `Switch delete protection on or off (\`${OPERATION}\`); no other operation`,
  params: z.strictObject({
    Operation: z.literal(OPERATION),
    InstanceIds: z.array(id).min(1).max(MOST_AT_ONCE),
    DeleteProtectionSwitches: z.array(z.number().int().min(0).max(1)).min(1).max(MOST_AT_ONCE),
  }),
  changes: true,
  permissions: ['protect', 'unprotect'],
  run: async (deps, call) => {
    const { InstanceIds: ids, DeleteProtectionSwitches: switches } = call.params;
    requirePairs(ids, switches);
    const isOn = new Map(ids.map((one, index) => [one, switches[index] === 1]));
    const rows = await existing(deps, call, ids);
    requireState(rows, ['running', 'stopped', 'isolated']);
    // What is so already stays: it is a switch that is put somewhere, and no toggle.
    const others = rows.filter((row) => (row.life.protection !== null) !== isOn.get(row.id));
    const lacked = others.map((row) => neededFor(row)).find((needed) => !call.caller.may(needed));
    if (lacked) throw lacking([lacked]);
    const reason = `${OPERATION} (${call.via})`;
    await commandEach(
      others.map((row) => row.id),
      call,
      async (one, asking) =>
        isOn.get(one)
          ? await protect(deps, asking, { id: one, reason, holdRelease: false })
          : await unprotect(deps, asking, { id: one, reason }),
    );
    return {};
  },
});

/** To switch it over. */
function neededFor({ life: { protection } }: InstanceRow): Permission {
  if (!protection) return 'protect';
  return protection.holdRelease ? 'hold' : 'unprotect';
}

/** @throws VendorError when it is not one switch for each instance */
function requirePairs(ids: string[], switches: number[]): void {
  if (ids.length === switches.length && new Set(ids).size === ids.length) return;
  throw new VendorError('InvalidParameterValue', {
    en: 'DeleteProtectionSwitches has to have one for each of InstanceIds, none of which is named twice.',
    zh: 'DeleteProtectionSwitches 须与 InstanceIds 一一对应，且实例 ID 不得重复。',
  });
}

export const protection = [modify];

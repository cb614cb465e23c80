/** Protection from being ended, the one attribute that there is here. */
import { z } from 'zod';
import { protect, unprotect } from '../../../api/use-cases/protect';
import { action } from '../action';
import { commandEach, existing, requireState } from '../batch';
import { lacking } from '../errors';
import { instanceIds } from './fields';

const modify = action({
  name: 'ModifyInstancesAttribute',
  summary: 'Switch protection from being ended on or off (`DisableApiTermination`); no other attribute',
  params: z.strictObject({ InstanceIds: instanceIds, DisableApiTermination: z.boolean() }),
  changes: true,
  permissions: ['protect', 'unprotect'],
  run: async (deps, call) => {
    const { InstanceIds: ids, DisableApiTermination: isOn } = call.params;
    const needed = isOn ? 'protect' : 'unprotect';
    if (!call.caller.may(needed)) throw lacking([needed]);
    const rows = await existing(deps, call, ids);
    requireState(rows, ['running', 'stopped', 'expired', 'isolated']);
    const reason = `DisableApiTermination=${isOn} (${call.via})`;
    // What is so already stays: it is an attribute, and no toggle.
    const others = rows.filter(({ life }) => (life.protection !== null) !== isOn).map(({ id }) => id);
    await commandEach(others, call, async (id, asking) =>
      isOn
        ? await protect(deps, asking, { id, reason, holdRelease: false })
        : await unprotect(deps, asking, { id, reason }),
    );
    return {};
  },
});

export const attributeActions = [modify];

/** On and off. */
import { z } from 'zod';
import { command } from '../../../api/use-cases/command';
import { action } from '../action';
import { commandEach, existing, requireState } from '../batch';
import { VendorError } from '../vendor-error';
import { instanceIds } from './fields';

const start = action({
  name: 'StartInstances',
  summary: 'Start stopped instances',
  params: z.strictObject({ InstanceIds: instanceIds }),
  changes: true,
  permissions: ['power'],
  run: async (deps, call) => {
    const ids = call.params.InstanceIds;
    requireState(await existing(deps, call, ids), ['stopped']);
    await commandEach(ids, call, async (id, asking) => await command(deps, asking, id, { name: 'start' }));
    return {};
  },
});

const stop = action({
  name: 'StopInstances',
  summary: 'Stop running instances; they go on being charged',
  params: z.strictObject({
    InstanceIds: instanceIds,
    ForceStop: z.boolean().optional(),
    StopType: z.enum(['SOFT', 'HARD', 'SOFT_FIRST']).optional(),
    StoppedMode: z.enum(['KEEP_CHARGING', 'STOP_CHARGING']).default('KEEP_CHARGING'),
  }),
  changes: true,
  permissions: ['power'],
  run: async (deps, call) => {
    const { InstanceIds: ids, ForceStop, StopType, StoppedMode } = call.params;
    if (ForceStop !== undefined && StopType !== undefined)
      throw new VendorError('InvalidParameterCombination', {
        en: 'ForceStop and StopType exclude each other: send StopType.',
        zh: 'ForceStop 与 StopType 不能同时指定，请使用 StopType。',
      });
    if (StoppedMode === 'STOP_CHARGING')
      throw new VendorError('UnsupportedOperation.StoppedModeStopCharging', {
        en: 'Instances go on being charged while they are stopped. Leave StoppedMode out.',
        zh: '此处不支持关机不收费。请不要设置 StoppedMode。',
      });
    requireState(await existing(deps, call, ids), ['running']);
    await commandEach(ids, call, async (id, asking) => await command(deps, asking, id, { name: 'stop' }));
    return {};
  },
});

export const powerActions = [start, stop];

/** Renewals, which also bring prepaid instances back from the bin. */
import { z } from 'zod';
import { Problem } from '../../../api/problem';
import { order } from '../../../api/use-cases/order';
import { restore } from '../../../api/use-cases/restore';
import type { State } from '../../../domain/instance';
import { action } from '../action';
import { commandEach, existing, requireState } from '../batch';
import { AboutInstance, lacking } from '../errors';
import { VendorError } from '../vendor-error';
import { instanceIds } from './fields';

/** In months. */
const PERIODS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36, 48, 60];

const RENEWABLE: readonly State[] = ['running', 'stopped', 'expired', 'isolated'];

const renew = action({
  name: 'RenewInstances',
  summary:
    'Renew prepaid instances, priced here and paid from the account; those in the bin come back (`restore`)',
  params: z.strictObject({
    InstanceIds: instanceIds,
    InstanceChargePrepaid: z.strictObject({
      Period: z
        .number()
        .int()
        .refine((months) => PERIODS.includes(months), { error: 'INVALID' }),
      RenewFlag: z
        .enum(['NOTIFY_AND_AUTO_RENEW', 'NOTIFY_AND_MANUAL_RENEW', 'DISABLE_NOTIFY_AND_MANUAL_RENEW'])
        .optional(),
    }),
    // Disks have no orders of their own here, so it changes nothing.
    RenewPortableDataDisk: z.boolean().optional(),
  }),
  changes: true,
  permissions: ['renew', 'restore'],
  run: async (deps, call) => {
    const { InstanceIds: ids, InstanceChargePrepaid: prepaid } = call.params;
    if (prepaid.RenewFlag === 'NOTIFY_AND_AUTO_RENEW')
      throw new VendorError('InvalidParameterValue', {
        en: 'InstanceChargePrepaid.RenewFlag: nothing renews by itself here. Leave it out.',
        zh: 'InstanceChargePrepaid.RenewFlag：此处不支持自动续费。请不要设置。',
      });
    const rows = await existing(deps, call, ids);
    const postpaid = rows.find(({ facts }) => facts.billing === 'postpaid');
    if (postpaid) throw new AboutInstance(postpaid.id, new Problem('WRONG_BILLING'));
    requireState(rows, RENEWABLE);
    const binned = new Set(rows.filter(({ life }) => life.state === 'isolated').map(({ id }) => id));
    if (binned.size && !call.caller.may('restore')) throw lacking(['restore']);
    if (binned.size < ids.length && !call.caller.may('renew')) throw lacking(['renew']);
    const months = prepaid.Period;
    await commandEach(ids, call, async (id, asking) =>
      binned.has(id)
        ? await restore(deps, asking, { id, renewal: { months }, async: false })
        : await order(deps, asking, { id, order: { kind: 'renewal', channel: 'standard', months } }),
    );
    return {};
  },
});

export const renewalActions = [renew];

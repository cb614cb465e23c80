/** Machines that are otherwise than their instances' states say. */
import { z } from 'zod';
import { STATES } from '../domain/instance';
import { DRIFT_STATUSES } from '../domain/statuses';
import { instantText } from './answers';

export const driftAnswer = z
  .object({
    id: z.string(),
    instanceId: z.string(),
    account: z.string(),
    state: z.enum(STATES).meta({ description: 'Of the instance, when it was found.' }),
    found: z
      .object({ exists: z.boolean(), power: z.enum(['running', 'stopped']), isolated: z.boolean() })
      .meta({ description: 'How its machine was found.' }),
    status: z.enum(DRIFT_STATUSES),
    foundAt: instantText,
    seenAt: instantText.meta({ description: 'When it was seen last.' }),
    decision: z
      .object({ by: z.string(), at: instantText, reason: z.string() })
      .nullable()
      .meta({ description: 'What somebody has decided on it, as `status` says.' }),
  })
  .meta({ id: 'Drift' });

export type DriftAnswer = z.infer<typeof driftAnswer>;

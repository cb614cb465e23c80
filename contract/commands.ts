/** What can be done with an instance now, and what stands against the rest. */
import { z } from 'zod';
import { STATES } from '../domain/instance';
import { PERMISSIONS } from '../domain/permissions';
import { blockers, instantText } from './answers';

/** In the words of the timeline where it is there; the calls are named after them. */
const OFFERED = [
  'start',
  'stop',
  'begin-operation',
  'end-operation',
  'terminate',
  'return',
  'return-renewals',
  'request-refund',
  'cancel',
  'reschedule',
  'restore',
  'purge',
  'undo',
  'renew',
  'put-prices',
  'switch-network',
  'protect',
  'unprotect',
  'hold',
  'unhold',
  'resolve',
  'fast-forward',
] as const;
export type OfferedCommand = (typeof OFFERED)[number];

export const commandsAnswer = z
  .object({
    instanceId: z.string(),
    state: z.enum(STATES),
    asOf: instantText.meta({ description: 'The instance’s own time.' }),
    items: z.array(
      z.object({
        command: z.enum(OFFERED),
        possible: z.boolean().meta({ description: 'Permitted, and nothing stands against it now.' }),
        permitted: z.boolean().meta({ description: 'Whether the caller may ask for it at all.' }),
        permissions: z.array(z.enum(PERMISSIONS)).meta({ description: 'Any one of them would do.' }),
        blockers: blockers.meta({
          description: 'All that stands against it, each with the next step; a missing permission first.',
        }),
      }),
    ),
  })
  .meta({ id: 'Commands' });

export type CommandsAnswer = z.infer<typeof commandsAnswer>;

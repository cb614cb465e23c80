/** What the workers' watch has seen last. */
import { z } from 'zod';

const count = z.number().int();
export const watchAnswer = z
  .object({
    at: z.string().nullable().meta({
      description: 'When it was looked last; null: not yet. Older than some minutes: no worker looks.',
    }),
    lost: count.meta({
      description: 'Lives without a running workflow: nothing happens to them any more. Repair them.',
    }),
    stuck: count.meta({ description: 'Lives whose workflow does not answer.' }),
    overdue: count.meta({
      description:
        'Lives whose workflow answers, and has not taken a deadline that is more than a minute past.',
    }),
    items: z.array(
      z.object({
        instanceId: z.string(),
        kind: z.enum(['lost', 'stuck', 'overdue']),
        detail: z.string(),
        since: z.string(),
      }),
    ),
  })
  .meta({ id: 'Watch' });

export type WatchAnswer = z.infer<typeof watchAnswer>;

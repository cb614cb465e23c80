/** Control planes as the process that answers sees them. */
import { z } from 'zod';

const count = z.number().int();

export const controlPlanesAnswer = z
  .object({
    items: z.array(
      z.object({
        name: z.string().meta({ description: 'As instances keep it.' }),
        host: z.string().meta({ description: 'Host and port of its address.' }),
        breaker: z.enum(['closed', 'open', 'half-open']).meta({
          description: '`open`: it has not answered and is left alone; `half-open`: one request tries.',
        }),
        failuresInARow: count,
        inFlight: count,
        queued: count,
        counts: z
          .object({ answered: count, unknown: count })
          .meta({ description: 'Requests since the process began.' }),
        looked: z
          .object({
            instanceId: z.string(),
            ms: count.meta({ description: 'How long the answer took.' }),
            exists: z.boolean().nullable().meta({ description: 'null: not known.' }),
            power: z.enum(['running', 'stopped']).nullable(),
            isolated: z.boolean().nullable(),
            unknown: z.string().nullable().meta({ description: 'Why it is not known.' }),
          })
          .nullable()
          .meta({ description: 'A look at one of its living instances; null: it has none.' }),
      }),
    ),
  })
  .meta({ id: 'ControlPlanes' });

export type ControlPlanesAnswer = z.infer<typeof controlPlanesAnswer>;

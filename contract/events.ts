/** What has happened, as it is told to whoever listens. */
import { z } from 'zod';
import { MAX_ITEMS } from '../domain/bounds';
import { EVENT_TYPES } from '../domain/events';
import { instantText } from './answers';
import { account } from './fields';
import { pageQuery } from './requests';

const POSITION = /^\d{1,15}$/;
const position = z.string().regex(POSITION, { error: 'BAD_CURSOR' });

export const eventsQuery = z.strictObject({
  account: account.optional(),
  after: z
    .union([position, z.literal('latest')], { error: 'BAD_CURSOR' })
    .optional()
    .meta({
      description:
        'Of a page: what came after this event, or after all there are now (`latest`). Missing: from the first one.',
    }),
  lastEventId: position.optional().meta({
    description: 'Of a stream that is opened anew: goes on after this event, like the header Last-Event-ID.',
  }),
  limit: pageQuery.shape.limit,
});

/** The header that a browser sends when it opens a stream again. */
export const isPosition = (text: string): boolean => POSITION.test(text);

const nullable = z.string().nullable();

const eventAnswer = z
  .object({
    id: z.string().meta({ description: 'Its place in the order of all events.', examples: ['1024'] }),
    type: z.enum(EVENT_TYPES),
    account: nullable,
    instanceId: nullable,
    step: z.number().int().nullable().meta({
      description: 'Of its instance’s timeline: those of one instance come in their order, without a gap.',
    }),
    command: z.string().meta({ description: 'What happened, in the words of the timeline.' }),
    from: nullable.meta({ description: 'The state before.' }),
    to: nullable.meta({ description: 'The state since.' }),
    refundId: nullable,
    terminationId: nullable,
    requestId: nullable,
    effectiveAt: instantText.meta({ description: 'The instance’s own time.' }),
    recordedAt: instantText,
  })
  .meta({ id: 'Event' });

export const eventPageAnswer = z
  .object({
    items: z.array(eventAnswer).max(MAX_ITEMS),
    nextCursor: z.string().meta({ description: 'What to ask `after` next, also where nothing is left now.' }),
  })
  .meta({ id: 'EventPage' });

export type EventAnswer = z.infer<typeof eventAnswer>;

/** What happens, as it happens or page by page. */
import type { z } from 'zod';
import { eventPageAnswer, eventsQuery, isPosition } from '../../contract/events';
import { issue } from '../../contract/issues';
import { eventsAfter, headOfEvents } from '../../store/outbox';
import type { ApiDeps } from '../deps';
import type { Listener } from '../events/stream';
import type { Call, Reply } from '../http/call';
import { type Route, route } from '../http/route';
import { presentEvent } from '../present/events';
import { invalid } from '../problem';

type EventsCall = Call<unknown, z.output<typeof eventsQuery>>;

export const eventRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/events',
    tag: 'Events',
    summary: 'What happens, as it happens',
    description:
      'With `Accept: text/event-stream` (a browser’s EventSource) a stream of server-sent events: `id`, `event` (the type) and `data` (as an item of the page). Events come in one order, each once; `Last-Event-ID` goes on without a gap. A stream ends with its key or session, after an event `session-ended`, and when its reader falls too far behind. Otherwise, and with `after`, a page of the same.',
    permission: 'read',
    query: eventsQuery,
    answers: {
      200: { description: 'A page, or a stream.', schema: eventPageAnswer, events: true },
    },
    problems: { 429: ['TOO_MANY_STREAMS'] },
    handle: async (call) =>
      call.prefers === 'events' && call.query.after === undefined
        ? await streamReply(deps, call)
        : await pageReply(deps, call),
  }),
];

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  // Neither kept nor packed on the way: what is packed may wait for more.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};

async function streamReply({ feed }: ApiDeps, call: EventsCall): Promise<Reply> {
  const { caller, keyId, session, query } = call;
  const listener: Listener = {
    name: caller.name,
    tenant: caller.account ?? undefined,
    account: query.account,
    keyId,
    sessionHash: session?.hash,
  };
  const stream = await feed.open(listener, lastHeard(call));
  return { status: 200, body: undefined, headers: STREAM_HEADERS, stream };
}

/** The header comes from a browser that opens the same address again: it knows more than the address. */
function lastHeard({ lastEventId, query }: EventsCall): number | undefined {
  const last = lastEventId || query.lastEventId;
  if (last === undefined) return undefined;
  if (!isPosition(last)) throw invalid([issue(['lastEventId'], 'BAD_CURSOR')]);
  return Number(last);
}

async function pageReply({ pool }: ApiDeps, { caller, query }: EventsCall): Promise<Reply> {
  const { account, after = '0', limit } = query;
  const head = await headOfEvents(pool);
  if (after === 'latest') return { status: 200, body: { items: [], nextCursor: String(head) } };
  if (Number(after) > head) throw invalid([issue(['after'], 'BAD_CURSOR')]);
  const filter = { tenant: caller.account ?? undefined, account, after: Number(after) };
  const rows = await eventsAfter(pool, filter, limit);
  const nextCursor = String(rows.at(-1)?.position ?? after);
  return { status: 200, body: { items: rows.map(presentEvent), nextCursor } };
}

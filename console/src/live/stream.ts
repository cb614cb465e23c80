/** Server-sent events, read with fetch: one loop that knows where it is, and what to do when it breaks. */
import type { EventAnswer } from '../../../contract/events';
import { call } from '../api/call';
import { noteReached } from '../api/reach';

interface EventPage {
  items: EventAnswer[];
  nextCursor: string;
}

const POLL_MS = 2000;
/** A stream that could not be had is tried again after so many polls. */
const POLLS_BETWEEN = 5;
/** The service beats every 15 seconds: what is silent for longer is dead. */
const SILENT_MS = 40_000;

interface Listening {
  onEvents(events: EventAnswer[]): void;
  /** Whether a change elsewhere is seen at once. */
  onStanding(isLive: boolean): void;
  signal: AbortSignal;
}

/** Tells what happens from now on, each event once, until it is aborted. */
export async function listen({ onEvents, onStanding, signal }: Listening): Promise<void> {
  let after = 'latest';
  /** What came while nobody listened. False: the API can't be reached. */
  const catchUp = async (): Promise<boolean> => {
    const query = { after, limit: 500 };
    const page = await call<EventPage>('GET', '/v1/events', { query, signal }).catch(() => undefined);
    after = page?.nextCursor ?? after;
    if (page && page.items.length > 0) onEvents(page.items);
    return page !== undefined;
  };
  const onEvent = (event: EventAnswer): void => {
    after = event.id;
    onEvents([event]);
  };
  for (let polls = 0; !signal.aborted; polls++) {
    const isThere = await catchUp();
    if (isThere && polls % POLLS_BETWEEN === 0) {
      const held = await readStream(after, signal, onStanding, onEvent).catch(() => true);
      onStanding(false);
      // One that breaks is opened again at once; one that was refused, later.
      if (held) polls = -1;
    }
    // Who was away has a stream as soon as it is back.
    if (!isThere) polls = -1;
    await pause(POLL_MS, signal);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** @returns whether there was one; it has ended, or breaks with an error */
async function readStream(
  after: string,
  signal: AbortSignal,
  onStanding: (isLive: boolean) => void,
  onEvent: (event: EventAnswer) => void,
): Promise<boolean> {
  const silence = new AbortController();
  // A browser that is cut off knows it before the silence does; maybe while the stream is still being opened.
  addEventListener('offline', () => silence.abort(), { signal: AbortSignal.any([signal, silence.signal]) });
  const response = await fetch(`/v1/events?lastEventId=${encodeURIComponent(after)}`, {
    headers: { Accept: 'text/event-stream' },
    credentials: 'same-origin',
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok || !response.body) return false;
  onStanding(true);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    clearTimeout(timer);
    if (done) return true;
    noteReached();
    timer = setTimeout(() => silence.abort(), SILENT_MS);
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventIn(block);
      if (event) onEvent(event);
    }
  }
}

/** Heartbeats are comments; what is told has its data in one line. */
function eventIn(block: string): EventAnswer | undefined {
  const data = block
    .split('\n')
    .find((line) => line.startsWith('data:'))
    ?.slice('data:'.length);
  if (!data) return undefined;
  const event: Partial<EventAnswer> = JSON.parse(data);
  return event.id === undefined ? undefined : (event as EventAnswer);
}

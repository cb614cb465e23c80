/** Reads a stream of server-sent events as a browser does, without coming back by itself. */
import type { EventAnswer } from '../../contract/events';
import type { Http } from './http';
import { until } from './lives';

export interface Heard {
  id: string;
  type: string;
  data: EventAnswer;
}

export interface Listening {
  status: number;
  headers: Headers;
  /** A refusal's. */
  problem: { code: string; next: string } | undefined;
  /** In the order in which they came. */
  events: Heard[];
  /** How often a comment came. */
  heartbeats: () => number;
  /** What the server has said of coming back, in milliseconds. */
  retry: () => number | undefined;
  isOver: () => boolean;
  /** Waits for one that fits. */
  hear: (fits: (event: Heard) => boolean, what: string) => Promise<Heard>;
  close: () => void;
}

export async function listen(
  http: Http,
  query = '',
  headers: Record<string, string> = {},
): Promise<Listening> {
  const abort = new AbortController();
  const response = await fetch(`${http.url}/v1/events${query}`, {
    headers: { ...http.own, accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  const events: Heard[] = [];
  const state = { heartbeats: 0, retry: undefined as number | undefined, isOver: false };
  const read = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) take(block);
    }
  };
  const take = (block: string): void => {
    const fields: Record<string, string> = {};
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line)!;
      fields[name] = value;
    }
    if ('' in fields) state.heartbeats += 1;
    if (fields.retry !== undefined) state.retry = Number(fields.retry);
    if (fields.data !== undefined)
      events.push({ id: fields.id ?? '', type: fields.event!, data: JSON.parse(fields.data) });
  };
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const problem = isStream ? undefined : ((await response.json()) as Listening['problem']);
  if (isStream)
    void read()
      .catch(() => {})
      .finally(() => {
        state.isOver = true;
      });
  return {
    status: response.status,
    headers: response.headers,
    problem,
    events,
    heartbeats: () => state.heartbeats,
    retry: () => state.retry,
    isOver: () => state.isOver,
    hear: async (fits, what) => await until(async () => events.find(fits), what, 15_000),
    close: () => abort.abort(),
  };
}

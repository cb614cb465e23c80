/** The two servers: the protocol's, for Sunset, and a socket for whoever may open files of its folder. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type Machines, type Order, orderOf } from './machines';
import { askingOf, isSigned, type Outcome } from './protocol';
import { consoleOf } from './qemu';

interface Answer {
  status: number;
  body: object;
  /** Seconds. */
  retryAfter?: number;
}

const MOST_BYTES = 256 * 1024;
const AGAIN_SECONDS = 1;

const NOT_FOUND: Answer = { status: 404, body: { error: 'There is nothing at this path.' } };

/** What Sunset asks: everything is signed, and who doesn't sign is told no more than that. */
export const protocolServer = (machines: Machines, secrets: readonly string[]) =>
  createServer(
    answering(async ({ method, path, query, body, headers }) => {
      if (!isSigned(secrets, headers, body))
        return { status: 401, body: { error: 'The signature is wrong.' } };
      const instanceId = /^\/instances\/([^/]+)$/.exec(path)?.[1];
      if (method === 'GET' && instanceId !== undefined)
        return await looked(machines, instanceId, query.get('externalId'));
      if (method === 'POST' && path === '/apply') return await applied(machines, body);
      return NOT_FOUND;
    }),
  );

async function looked(machines: Machines, encoded: string, externalId: string | null): Promise<Answer> {
  try {
    const seen = await machines.look({ instanceId: decodeURIComponent(encoded), externalId });
    return { status: seen.exists ? 200 : 404, body: seen };
  } catch (error) {
    if (error instanceof URIError) return { status: 400, body: { error: 'The id is not UTF-8.' } };
    // There, and mute: nobody knows what it does. An error is no answer, so Sunset looks again.
    return { status: 503, body: { error: (error as Error).message }, retryAfter: AGAIN_SECONDS };
  }
}

async function applied(machines: Machines, body: string): Promise<Answer> {
  const asking = askingOf(body);
  if (!asking) return { status: 400, body: { error: 'This is not an asking of the protocol.' } };
  return answerOf(await machines.apply(asking));
}

function answerOf(outcome: Outcome | 'pending'): Answer {
  if (outcome === 'pending') return { status: 202, body: { state: 'pending', pollAfter: AGAIN_SECONDS } };
  if (outcome.state === 'done') return { status: 200, body: outcome };
  return { status: 409, body: outcome, ...(outcome.retryable ? { retryAfter: AGAIN_SECONDS } : {}) };
}

/** How machines are made is a control plane's own matter; the protocol ends them. */
export const operatorServer = (machines: Machines) =>
  createServer(
    answering(async ({ method, path, body }) => {
      if (method !== 'POST' || path !== '/machines') return NOT_FOUND;
      const order = orderOf(objectOf(body));
      if (!order) return { status: 400, body: { error: 'Send {"id": "vm-1"}: letters, digits and dashes.' } };
      const { machine, outcome } = await machines.make(order);
      const made = { id: order.id, disks: machine.disks, console: consoleOf(machine.folder) };
      return {
        ...answerOf(outcome),
        body: outcome === 'pending' || outcome.state === 'done' ? made : outcome,
      };
    }),
  );

function objectOf(body: string): Partial<Order> {
  try {
    return (JSON.parse(body) as Partial<Order> | null) ?? {};
  } catch {
    return {};
  }
}

interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

const answering =
  (answer: (request: Request) => Promise<Answer>): RequestListener =>
  (request, response) => {
    respond(request, response, answer).catch((error: unknown) => {
      console.error(error);
      // An error is unknown to Sunset, never done and never gone.
      if (!response.headersSent) send(response, { status: 500, body: { error: 'It could not be done.' } });
    });
  };

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Answer>,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return send(response, { status: 413, body: { error: 'The body is too long.' } });
  const [path = '', query] = request.url!.split('?', 2);
  const { method = '', headers } = request;
  send(response, await answer({ method, path, query: new URLSearchParams(query), headers, body }));
}

/** undefined: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
  }
  return bytes <= MOST_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function send(response: ServerResponse, { status, body, retryAfter }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(`${JSON.stringify(body)}\n`);
}

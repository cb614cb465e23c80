/** How the console asks: JSON with the session's cookie, in the reader's language, and problems as errors. */
import type { ProblemAnswer } from '../../../contract/answers';
import { CSRF_HEADER } from '../../../contract/headers';
import type { SessionAnswer } from '../../../contract/sessions';
import { noteReached, noteUnreachable } from './reach';

/** What the API says went wrong: with its code, a sentence and the next step in the reader's language. */
export class Refused extends Error {
  constructor(
    readonly problem: ProblemAnswer,
    /** Tells the operator which line of the log it is. */
    readonly requestId: string | null,
  ) {
    super(problem.detail);
  }
}

/** Nobody answered, or what answered was not the API. */
export class Unreachable extends Error {}

export type Query = Record<string, string | number | boolean | undefined>;

interface Asking {
  query?: Query;
  body?: unknown;
  /** Of a write: the same one again is the same write. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const signedOut = new Set<() => void>();

/** Any answer can say that the session is over. @returns stops listening */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => void signedOut.delete(listener);
}

let lastAnsweredAt = 0;

/** When the API has answered last, by the wall clock: any answer keeps the session from being unused. */
export const lastAnswered = (): number => lastAnsweredAt;

let csrfToken: string | null = null;

/** Writes carry what the session's answer says. */
export const rememberSession = (session: SessionAnswer | null): void => {
  csrfToken = session?.csrfToken ?? null;
};

/** An address whose values are encoded: path`/v1/instances/${id}`. */
export const path = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts }, ...values.map(encodeURIComponent));

const queryOf = (query: Query): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
};

function headersOf({ body, idempotencyKey }: Asking, method: string): Record<string, string> {
  return {
    Accept: 'application/json',
    'Accept-Language': document.documentElement.lang,
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
    ...(method === 'GET' || csrfToken === null ? {} : { [CSRF_HEADER]: csrfToken }),
  };
}

/**
 * @throws Refused what the API refuses
 * @throws Unreachable when nothing is known of what became of it
 */
export async function call<Answer>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  address: string,
  asking: Asking = {},
): Promise<Answer> {
  const { query = {}, body, signal } = asking;
  const response = await fetch(address + queryOf(query), {
    method,
    headers: headersOf(asking, method),
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    noteUnreachable();
    throw new Unreachable('nobody answered', { cause: error });
  });
  return await read<Answer>(response);
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return undefined as Answer;
  const answer: unknown = await response.json().catch(() => undefined);
  // A proxy answers in its own words while the API behind it is away.
  if (answer === undefined) {
    noteUnreachable();
    throw new Unreachable(`an answer that is no JSON (${response.status})`);
  }
  noteReached();
  lastAnsweredAt = Date.now();
  if (response.status === 401) for (const listener of signedOut) listener();
  if (!response.ok) throw new Refused(answer as ProblemAnswer, response.headers.get('X-Request-Id'));
  return answer as Answer;
}

/** 128 random bits; `crypto.randomUUID` is not there on plain HTTP. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/**
 * A small client of Sunset's API, shared by `sunset` and the demo. Answers have the types that the API
 * validates its own with. A write is repeated with its own Idempotency-Key when no answer came, so that what
 * was done is not done twice.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProblemAnswer, TerminationAnswer } from '../../contract/answers';
import type { Lang } from '../../domain/text';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface ApiReply<T> {
  status: number;
  body: T;
}

/** The API answered with a problem. */
export class ApiRefusal extends Error {
  constructor(
    readonly problem: ProblemAnswer,
    /** The answer is that of an earlier request with the same key. */
    readonly isRepeat: boolean,
  ) {
    super(problem.detail);
  }
}

/** Nobody answered, or somebody who isn't Sunset. */
export class Unreachable extends Error {
  constructor(
    message: string,
    readonly next: string,
    /** What to repeat a write with, when it is not known whether it has happened. */
    readonly key?: string,
  ) {
    super(message);
  }
}

export interface ApiOptions {
  url: string;
  key: string;
  lang: Lang;
}

type Query = Record<string, string | number | undefined>;

/** A fast-forward may take a minute on the server's side. */
const ANSWER_LIMIT_MS = 120_000;
const PAUSES_MS = [200, 1000, 3000];

export class Api {
  constructor(readonly options: ApiOptions) {}

  async get<T>(path: string, query: Query = {}): Promise<T> {
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const search = given.length ? `?${new URLSearchParams(given)}` : '';
    return (await this.call<T>('GET', `${path}${search}`)).body;
  }

  put = <T>(path: string, body: unknown, key: string = randomUUID()): Promise<ApiReply<T>> =>
    this.call<T>('PUT', path, body, key);
  post = <T>(
    path: string,
    body: unknown = {},
    key: string = randomUUID(),
    headers: Record<string, string> = {},
  ): Promise<ApiReply<T>> => this.call<T>('POST', path, body, key, headers);

  /** The items of every page. */
  async all<T>(path: string, query: Query = {}): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.get(path, { ...query, limit: 500, cursor });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  /** @throws Refused, Unreachable */
  private async call<T>(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
    headers: Record<string, string> = {},
  ): Promise<ApiReply<T>> {
    for (const pause of [...PAUSES_MS, undefined]) {
      try {
        return await this.once<T>(method, path, body, key, headers);
      } catch (error) {
        if (pause === undefined || !isPassing(error)) throw error;
        await sleep(pause);
      }
    }
    throw new Error('unreachable: the last try has no pause');
  }

  private async once<T>(
    method: string,
    path: string,
    body: unknown,
    key: string | undefined,
    headers: Record<string, string>,
  ): Promise<ApiReply<T>> {
    const { url, key: bearer, lang } = this.options;
    const response = await reach(url, key, () =>
      fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          'accept-language': lang,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      }),
    );
    const answer = readJson(await reach(url, key, () => response.text()), url);
    if (response.ok) return { status: response.status, body: answer as T };
    if (!isProblem(answer)) throw notSunset(url);
    throw new ApiRefusal(answer, response.headers.get('idempotency-hit') === 'true');
  }
}

/** @throws Unreachable, with the reason that the network gave */
async function reach<T>(url: string, key: string | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    const reason = cause?.code ?? cause?.message ?? (error as Error).message;
    const isDown = cause?.code === 'ECONNREFUSED' || cause?.code === 'ENOTFOUND';
    throw new Unreachable(
      `Sunset does not answer at ${url} (${reason})`,
      'start it (npm start), or name its address with --url or SUNSET_URL; sunset doctor tells what is wrong',
      isDown ? undefined : key,
    );
  }
}

const notSunset = (url: string): Unreachable =>
  new Unreachable(
    `What answers at ${url} is not Sunset`,
    'name the address that npm start printed with --url or SUNSET_URL',
  );

function readJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notSunset(url);
  }
}

const isProblem = (answer: unknown): answer is ProblemAnswer =>
  typeof answer === 'object' &&
  answer !== null &&
  'code' in answer &&
  'detail' in answer &&
  'errors' in answer;

/**
 * Worth another try with the same key: the connection broke on the way, the first try still runs, or a part
 * of the service is away.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return error.key !== undefined;
  return (
    error instanceof ApiRefusal &&
    (error.problem.code === 'IDEMPOTENCY_RUNNING' || error.problem.code === 'UNAVAILABLE')
  );
}

/** A key that the same call, made of the same facts, always gets: visible ASCII, as the API asks for. */
export const derivedKey = (...facts: unknown[]): string =>
  `cli-${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 40)}`;

export const instancePath = (id: string, rest = ''): string =>
  `/v1/instances/${encodeURIComponent(id)}${rest}`;
export const refundPath = (id: string, rest = ''): string => `/v1/refunds/${encodeURIComponent(id)}${rest}`;
export const driftPath = (id: string): string => `/v1/drift/${encodeURIComponent(id)}`;
export const requestPath = (id: string, rest = ''): string =>
  `/v1/refund-requests/${encodeURIComponent(id)}${rest}`;

/**
 * Waits until every item of a termination is decided, or the time is up; `look` is told what it is like
 * meanwhile.
 */
export async function whenDecided(
  api: Api,
  termination: TerminationAnswer,
  look: (now: TerminationAnswer) => void = () => {},
  limitMs = 120_000,
): Promise<TerminationAnswer> {
  const until = Date.now() + limitMs;
  let now = termination;
  for (;;) {
    look(now);
    if (now.status === 'done' || Date.now() > until) return now;
    await sleep(100);
    now = await api.get(`/v1/terminations/${encodeURIComponent(now.id)}`);
  }
}

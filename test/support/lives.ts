/**
 * Instances as customers have them, and the few moves that every test makes. Registrations are the contract's
 * own shapes.
 */

import { randomUUID } from 'node:crypto';
import type { Action } from '../../domain/instance';
import { FACTS, PARTS, PURCHASE } from '../fixtures/background';
import type { Instance, Quote, Step, Termination } from './answered';
import type { Http, Reply } from './http';

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const newId = (kind = 'ins'): string => `${kind}-${randomUUID().slice(0, 13)}`;
export const newAccount = (): string => `acc-${randomUUID().slice(0, 13)}`;
export const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();
export const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** `n` calendar months from an instant, in UTC. */
export function plusMonths(instant: string, months: number): string {
  const date = new Date(instant);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString();
}

/** A request's body, whose members a test replaces as it likes. */
export type Fields = Record<string, unknown>;

/** A registration, as far as tests read it. */
type Registering = Fields & { account: string; product: string; billing: string; orders?: Fields[] };

function registration(product: string, billing: string, more: Fields): Registering {
  return {
    ...FACTS,
    ...PARTS,
    account: newAccount(),
    product,
    billing,
    state: 'running',
    ...more,
  };
}

export const cvmPostpaid = (more: Fields = {}): Registering =>
  registration('tencent-cvm', 'postpaid', { orders: [], ...more });
export const redisPostpaid = (more: Fields = {}): Registering =>
  registration('tencent-redis', 'postpaid', { orders: [], ...more });
export const jdPostpaid = (more: Fields = {}): Registering =>
  registration('jd-vm', 'postpaid', { orders: [], state: 'stopped', ...more });

/** The documents' purchase, at another instant. */
export function purchase(startsAt: string, more: Fields = {}): Fields & { startsAt: string; endsAt: string } {
  return {
    ...PURCHASE,
    startsAt,
    endsAt: plusMonths(startsAt, 12),
    ...more,
  };
}

export const cvmPrepaid = (more: Fields = {}, startsAt = hoursAgo(48)): Registering =>
  registration('tencent-cvm', 'prepaid', { orders: [purchase(startsAt)], ...more });
export const redisPrepaid = (more: Fields = {}, startsAt = hoursAgo(48)): Registering =>
  registration('tencent-redis', 'prepaid', { orders: [purchase(startsAt)], ...more });
export const jdPrepaid = (more: Fields = {}, startsAt = hoursAgo(48)): Registering =>
  registration('jd-vm', 'prepaid', {
    orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })],
    ...more,
  });

/** Throws with the answer when it is not what the test goes on from. */
export function expectStatus<R extends Reply<unknown>>(reply: R, status: number): R {
  if (reply.status !== status)
    throw new Error(`expected ${status}, got ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply;
}

/** A service that has much to do answers 202: the instance is there a little later. */
export async function register(http: Http, body: object, id = newId()): Promise<string> {
  const reply = await http.put(`/v1/instances/${id}`, body);
  if (reply.status === 202)
    await until(async () => (await http.get(`/v1/instances/${id}`)).status === 200, `${id} to be registered`);
  else expectStatus(reply, 201);
  return id;
}

export const instanceOf = async (http: Http, id: string): Promise<Instance> =>
  expectStatus(await http.get(`/v1/instances/${id}`), 200).body;

export interface Ask {
  action?: Action;
  schedule?: Fields;
  fiveDayFor?: string;
}

export async function quote(
  http: Http,
  ids: string[],
  { action = 'terminate', ...more }: Ask = {},
): Promise<Quote> {
  return expectStatus(await http.post('/v1/quotes', { action, instanceIds: ids, ...more }), 201).body;
}

/** Quotes, agrees, and waits until every item is decided. */
export async function end(http: Http, ids: string[], ask: Ask = {}): Promise<Termination> {
  const { id: quoteId } = await quote(http, ids, ask);
  const { body } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
  return await settled(http, body.id);
}

export async function settled(http: Http, terminationId: string): Promise<Termination> {
  return await until(async () => {
    const { body } = expectStatus(await http.get(`/v1/terminations/${terminationId}`), 200);
    return body.status === 'done' ? body : undefined;
  }, `termination ${terminationId} to be done`);
}

/** Waits for a condition, never for a time. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  limitMs = 40_000,
): Promise<T> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > limit) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function fastForward(http: Http, id: string, duration: string): Promise<Instance> {
  return expectStatus(await http.post(`/v1/instances/${id}/fast-forward`, { duration }), 200).body;
}

export const timelineOf = async (http: Http, id: string): Promise<Step[]> =>
  expectStatus(await http.get(`/v1/instances/${id}/timeline?limit=500`), 200).body.items;

export const seconds = (ms: number): string => `PT${Math.round(ms / 1000)}S`;

/**
 * Random lives: what people, programs and time may do to an instance, as a table. Each deed is one call or a
 * few, sensible in some states and tried in all; whatever comes back must be an answer of the contract. To
 * add a deed, add a row.
 */

import { randomUUID } from 'node:crypto';
import type { Instance, Page, Problem, Quote, Refund, RefundRequest, Termination } from './answered';
import { bodyOf, type CallOptions, type Http, type WholeReply } from './http';
import { DAY, type Fields, settled } from './lives';
import type { Random } from './random';
import { amount, channel, type Given, paid, prices } from './random-registrations';
import { approvalOf } from './review';

const HOUR = DAY / 24;

/** One instance's way through its deeds. */
export interface Walk {
  http: Http;
  random: Random;
  id: string;
  account: string;
  /** The instance as it was read before the deed. */
  now: Instance;
  /** A second member of staff, who decides what the first asks for. */
  reviewer: string;
  /** What was asked and answered, for whoever has to find out what went wrong. */
  log: string[];
  last:
    | { method: 'POST' | 'PUT'; path: string; body: unknown; options: CallOptions; reply: WholeReply }
    | undefined;
}

export interface Deed {
  name: string;
  weight: number;
  /** Where it makes sense: it is chosen more often there. */
  fits: (now: Instance) => boolean;
  /** The answer that counts; undefined when there was nothing to do it to. */
  act: (walk: Walk) => Promise<WholeReply | undefined>;
  /** How a life begins in which it makes sense before long; missing: any life is as good. */
  opening?: { given: Given; act?: Deed['act'] };
  /** Nonsense: it must be refused, with one of these codes. */
  refusedWith?: string[];
}

/** Asks, and holds the answer to the contract: done, or refused with a code, and never a failure of ours. */
async function ask(
  walk: Walk,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<WholeReply> {
  const keyed = { key: randomUUID(), ...options };
  const reply = await walk.http.call(method, path, body, keyed);
  const { status } = reply;
  walk.log.push(
    `${method} ${path} ${JSON.stringify(body) ?? ''} → ${status} ${reply.body?.code ?? reply.body?.state ?? ''}`,
  );
  const isAnswer =
    status < 300 ||
    (status < 500 && /^[A-Z_]+$/.test(reply.body?.code ?? '') && bodyOf<Problem>(reply).status === status);
  if (!isAnswer) throw new Error(`not an answer of the contract: ${status} ${reply.text}`);
  if (method !== 'GET') walk.last = { method, path, body, options: keyed, reply };
  return reply;
}

const post = (walk: Walk, path: string, body: unknown = {}, options: CallOptions = {}) =>
  ask(walk, 'POST', path, body, options);

/** A call below the instance's own address. */
const command =
  (name: string, body: (walk: Walk) => unknown = () => ({}), headers?: Record<string, string>): Deed['act'] =>
  (walk) =>
    post(walk, `/v1/instances/${walk.id}/${name}`, body(walk), headers ? { headers } : {});

async function quoteAndConfirm(walk: Walk, request: Fields): Promise<WholeReply> {
  const quote = await post(walk, '/v1/quotes', request);
  if (quote.status !== 201) return quote;
  const reply = await post(walk, '/v1/terminations', { quoteId: bodyOf<Quote>(quote).id, agree: true });
  // Others don't wait for what they agreed to.
  if (reply.status === 202 && walk.random.chance(0.8))
    await settled(walk.http, bodyOf<Termination>(reply).id);
  return reply;
}

async function firstOf<Item>(walk: Walk, path: string): Promise<Item | undefined> {
  return bodyOf<Page<Item>>(await ask(walk, 'GET', path)).items[0];
}

const ahead = ({ now }: Walk, ms: number): string => new Date(Date.parse(now.clock) + ms).toISOString();
const currencyOf = ({ now }: Walk): string => now.prices!.currency;
const somePaid = (walk: Walk): Fields => paid(walk.random, currencyOf(walk));
const reason = () => ({ reason: 'a random life' });
const schedule = (walk: Walk): Fields => {
  const timed = { mode: 'timed', at: ahead(walk, walk.random.int(1, 60 * 24) * HOUR) };
  return walk.random.pick([{ mode: 'now' }, { mode: 'later' }, timed, timed]);
};
const duration = (walk: Walk): string =>
  walk.random.pick([
    `PT${walk.random.int(1, 100_000)}S`,
    `P${walk.random.int(1, 10)}D`,
    `P${walk.random.int(10, 90)}D`,
    `P${walk.random.int(90, 500)}D`,
  ]);

const isLiving = ({ state }: Instance): boolean => ['running', 'stopped', 'expired'].includes(state);
const isPrepaid = ({ billing }: Instance): boolean => billing === 'prepaid';
const isIn =
  (...states: string[]) =>
  ({ state }: Instance): boolean =>
    states.includes(state);
const always = (): boolean => true;
const never = (): boolean => false;
const restoring = (walk: Walk): Fields =>
  isPrepaid(walk.now)
    ? {
        renewal: {
          months: walk.random.int(1, 3),
          ...(walk.random.chance(0.7) ? { paid: somePaid(walk) } : {}),
        },
      }
    : {};
const ASYNC = { prefer: 'respond-async' };
const returnable = (now: Instance): boolean => isPrepaid(now) && isLiving(now) && now.product !== 'jd-vm';

async function undo(walk: Walk): Promise<WholeReply | undefined> {
  const refund = await firstOf<Refund>(walk, `/v1/refunds?instanceId=${walk.id}`);
  return refund && (await post(walk, `/v1/refunds/${refund.id}/undo`, reason()));
}

const decide =
  (decision: 'approve' | 'deny'): Deed['act'] =>
  async (walk) => {
    const opened = await post(walk, '/v1/refund-requests', { instanceId: walk.id, ...reason() });
    const request =
      opened.status === 201
        ? bodyOf<RefundRequest>(opened)
        : await firstOf<RefundRequest>(walk, `/v1/refund-requests?instanceId=${walk.id}`);
    if (!request) return undefined;
    const headers = { authorization: `Bearer ${walk.reviewer}` };
    const body = decision === 'deny' ? reason() : await approvalOf(walk.http, request.id, reason().reason);
    return await post(walk, `/v1/refund-requests/${request.id}/${decision}`, body, { headers });
  };

/**
 * The last write once more under its key: the same answer, or the final one where the first was "accepted,
 * look later".
 */
async function repeat({ last, ...walk }: Walk): Promise<WholeReply | undefined> {
  if (!last || last.reply.status === 202) return undefined;
  const reply = await walk.http.call(last.method, last.path, last.body, last.options);
  walk.log.push(`again: ${last.method} ${last.path} → ${reply.status}`);
  if (reply.status !== last.reply.status || reply.text !== last.reply.text)
    throw new Error(`another answer to the same key: ${reply.text}`);
  return reply;
}

/** Every living instance of the account in one confirmation. */
async function endAll(walk: Walk): Promise<WholeReply | undefined> {
  const listed = await ask(walk, 'GET', `/v1/instances?account=${walk.account}&limit=20`);
  const instanceIds = bodyOf<Page<Instance>>(listed)
    .items.filter(isLiving)
    .map(({ id }) => id);
  const action = walk.random.pick(['return', 'terminate']);
  return instanceIds.length ? await quoteAndConfirm(walk, { action, instanceIds }) : undefined;
}

const usage = ({ now }: Walk): Fields => {
  const end = Date.parse(now.clock) - HOUR;
  return {
    meter: 'traffic',
    quantity: '12.5',
    startsAt: new Date(end - HOUR).toISOString(),
    endsAt: new Date(end).toISOString(),
  };
};

const newPrices = (walk: Walk): Fields => ({
  ...prices(walk.random, currencyOf(walk)),
  version: `v-${randomUUID()}`,
});

/** Often of a reference that the account has had. */
function adjustment(walk: Walk): Fields {
  const { random } = walk;
  const currency = currencyOf(walk);
  return {
    kind: random.pick(['deposit', 'deposit', 'withdrawal', 'credit']),
    source: random.pick(['cash', 'gift', 'income']),
    currency,
    amount: amount(random, currency),
    reference: `r-${random.int(1, 20)}`,
    ...reason(),
  };
}

const confirmFor =
  (action: 'terminate' | 'return', scheduleOf?: (walk: Walk) => Fields): Deed['act'] =>
  (walk) =>
    quoteAndConfirm(walk, {
      action,
      instanceIds: [walk.id],
      ...(scheduleOf ? { schedule: scheduleOf(walk) } : {}),
    });

type Opening = NonNullable<Deed['opening']>;
const scheduled: Opening = {
  given: { product: 'tencent-cvm', billing: 'postpaid', state: 'running' },
  act: confirmFor('terminate', (walk) => ({
    mode: 'timed',
    at: ahead(walk, walk.random.int(24, 1000) * HOUR),
  })),
};
const binned: Opening = {
  given: { product: 'tencent-redis', billing: 'postpaid', state: 'running' },
  act: confirmFor('terminate'),
};
const returned: Opening = {
  given: { product: 'tencent-redis', billing: 'prepaid', state: 'running' },
  act: confirmFor('return'),
};
/** Returned and bought again: its account has money. */
const refunded: Opening = {
  ...returned,
  act: async (walk) => {
    const reply = await quoteAndConfirm(walk, { action: 'return', instanceIds: [walk.id] });
    if (reply.status !== 202) return reply;
    await settled(walk.http, bodyOf<Termination>(reply).id);
    return await post(walk, `/v1/instances/${walk.id}/restore`, {
      renewal: { months: 1, paid: somePaid(walk) },
    });
  },
};

const SENSIBLE: Deed[] = [
  {
    name: 'end',
    weight: 9,
    fits: (now) =>
      isLiving(now) &&
      !now.termination &&
      (now.product !== 'jd-vm' || now.state === (isPrepaid(now) ? 'expired' : 'stopped')),
    act: (walk) =>
      quoteAndConfirm(walk, {
        action: isPrepaid(walk.now) && walk.now.product !== 'jd-vm' ? 'return' : 'terminate',
        instanceIds: [walk.id],
        ...(isPrepaid(walk.now) ? {} : { schedule: schedule(walk) }),
      }),
  },
  {
    name: 'quote',
    weight: 3,
    fits: always,
    act: (walk) =>
      post(walk, '/v1/quotes', {
        action: walk.random.pick(['terminate', 'return', 'return-renewals']),
        instanceIds: [walk.id],
      }),
  },
  { name: 'end-all', weight: 2, fits: isLiving, act: endAll },
  {
    name: 'return-renewals',
    weight: 4,
    fits: (now) => returnable(now) && now.orders.some((order) => order.status === 'future'),
    act: (walk) => quoteAndConfirm(walk, { action: 'return-renewals', instanceIds: [walk.id] }),
  },
  {
    name: 'return of chosen renewals',
    weight: 3,
    opening: {
      given: returned.given,
      act: command('orders', (walk) => ({ kind: 'renewal', months: 1, paid: somePaid(walk) })),
    },
    fits: (now) => returnable(now) && now.orders.some((order) => order.status === 'future'),
    act: (walk) => {
      const future = walk.now.orders
        .filter(({ status, kind }) => status === 'future' && kind === 'renewal')
        .map(({ id }) => id);
      const orderIds = future.slice(walk.random.int(0, future.length - 1));
      return quoteAndConfirm(walk, {
        action: 'return-renewals',
        instanceIds: [walk.id],
        ...(orderIds.length ? { orderIds } : {}),
      });
    },
  },
  {
    name: 'undo',
    opening: returned,
    weight: 7,
    fits: (now) => isPrepaid(now) && now.state === 'isolated',
    act: undo,
  },
  {
    name: 'approve',
    opening: { given: returned.given },
    weight: 2,
    fits: returnable,
    act: decide('approve'),
  },
  { name: 'deny', opening: { given: returned.given }, weight: 2, fits: returnable, act: decide('deny') },
  {
    name: 'renewal paid',
    weight: 5,
    fits: (now) => isPrepaid(now) && isLiving(now),
    act: command('orders', (walk) => ({
      kind: 'renewal',
      months: walk.random.int(1, 12),
      channel: channel(walk.random),
      paid: somePaid(walk),
    })),
  },
  {
    name: 'renewal debited',
    opening: refunded,
    weight: 5,
    fits: (now) => isPrepaid(now) && isLiving(now),
    act: command('orders', (walk) => ({ kind: 'renewal', months: walk.random.int(1, 3) })),
  },
  {
    name: 'upgrade',
    weight: 4,
    fits: (now) => isPrepaid(now) && isLiving(now),
    act: command('orders', (walk) => ({
      kind: 'upgrade',
      channel: channel(walk.random),
      paid: somePaid(walk),
    })),
  },
  {
    name: 'upgrade with prices',
    opening: { given: returned.given },
    weight: 2,
    fits: (now) => isPrepaid(now) && isLiving(now),
    act: command('orders', (walk) => ({ kind: 'upgrade', paid: somePaid(walk), prices: newPrices(walk) })),
  },
  {
    name: 'new prices',
    weight: 2,
    fits: isPrepaid,
    act: (walk) => ask(walk, 'PUT', `/v1/instances/${walk.id}/prices`, newPrices(walk)),
  },
  {
    name: 'adjustment',
    weight: 3,
    fits: always,
    act: (walk) => post(walk, `/v1/accounts/${walk.account}/adjustments`, adjustment(walk)),
  },
  {
    name: 'cancel',
    opening: scheduled,
    weight: 7,
    fits: ({ termination }) => termination !== null,
    act: command('cancel'),
  },
  {
    name: 'reschedule',
    opening: scheduled,
    weight: 12,
    fits: ({ termination }) => termination !== null,
    act: command('reschedule', (walk) => ({ at: ahead(walk, walk.random.int(1, 1000) * HOUR) })),
  },
  { name: 'restore', opening: binned, weight: 6, fits: isIn('isolated'), act: command('restore', restoring) },
  {
    name: 'purge',
    opening: binned,
    weight: 3,
    fits: isIn('isolated'),
    act: command('purge', ({ id }) => ({ confirm: id })),
  },
  {
    name: 'restore later',
    opening: binned,
    weight: 2,
    fits: isIn('isolated'),
    act: command('restore', restoring, ASYNC),
  },
  {
    name: 'cancel later',
    opening: scheduled,
    weight: 4,
    fits: ({ termination }) => termination !== null,
    act: command('cancel', undefined, ASYNC),
  },
  { name: 'start', weight: 2, fits: isIn('stopped', 'changing'), act: command('start') },
  { name: 'stop', weight: 3, fits: isIn('running', 'changing'), act: command('stop') },
  {
    name: 'protect',
    weight: 2,
    fits: ({ protection }) => protection === null,
    act: command('protect', reason),
  },
  {
    name: 'unprotect',
    weight: 6,
    fits: ({ protection }) => protection !== null,
    act: command('unprotect', reason),
  },
  {
    name: 'switch network',
    weight: 3,
    fits: ({ network }) => network.billing === 'bandwidth',
    act: command('network', () => ({ billing: 'traffic' })),
  },
  { name: 'usage', weight: 1, fits: isLiving, act: command('usage', usage) },
  {
    name: 'hold',
    weight: 1,
    fits: isLiving,
    act: (walk) =>
      ask(walk, 'PUT', `/v1/instances/${walk.id}/hold`, { hold: walk.random.chance(0.3), ...reason() }),
  },
  {
    name: 'standing',
    weight: 0.6,
    fits: always,
    act: (walk) =>
      ask(walk, 'PUT', `/v1/accounts/${walk.account}`, {
        arrears: walk.random.chance(0.1),
        hold: walk.random.chance(0.1),
        ...reason(),
      }),
  },
  {
    name: 'fast-forward',
    weight: 7,
    fits: (now) => now.state !== 'terminated',
    act: command('fast-forward', (walk) => ({ duration: duration(walk) })),
  },
  { name: 'repeat', weight: 3, fits: always, act: repeat },
];

/** Each is refused wherever the instance stands. */
const NONSENSE: Deed[] = [
  nonsense(
    'purge of another name',
    ['INVALID_REQUEST'],
    command('purge', () => ({ confirm: 'another' })),
  ),
  nonsense(
    'restore for nothing',
    ['INVALID_REQUEST'],
    command('restore', () => ({ renewal: { months: 0 } })),
  ),
  nonsense(
    'a negative payment',
    ['INVALID_REQUEST'],
    command('orders', () => ({ kind: 'renewal', months: 1, paid: { cash: '-1' } })),
  ),
  nonsense(
    'too many digits',
    ['INVALID_REQUEST', 'WRONG_BILLING', 'WRONG_STATE', 'BUSY'],
    command('orders', (walk) => ({
      kind: 'renewal',
      months: 1,
      paid: { cash: `${amount(walk.random, 'JPY')}.12345` },
    })),
  ),
  nonsense(
    'backwards',
    ['INVALID_REQUEST'],
    command('fast-forward', () => ({ duration: '-P1D' })),
  ),
  nonsense(
    'by bandwidth',
    ['INVALID_REQUEST'],
    command('network', () => ({ billing: 'bandwidth' })),
  ),
  nonsense('a schedule in the past', ['INVALID_REQUEST'], (walk) =>
    post(walk, '/v1/quotes', {
      action: 'terminate',
      instanceIds: [walk.id],
      schedule: { mode: 'timed', at: '2020-01-01T00:00:00Z' },
    }),
  ),
  nonsense('an unknown quote', ['NOT_FOUND'], (walk) =>
    post(walk, '/v1/terminations', { quoteId: 'q_none', agree: true }),
  ),
  nonsense('without agreeing', ['INVALID_REQUEST'], (walk) =>
    post(walk, '/v1/terminations', { quoteId: 'q_none', agree: false }),
  ),
  nonsense('an unknown instance', ['NOT_FOUND'], (walk) =>
    post(walk, '/v1/quotes', { action: 'return', instanceIds: ['nobody'] }),
  ),
  nonsense('other facts', ['ALREADY_REGISTERED', 'TERMINATED_ID'], (walk) =>
    ask(walk, 'PUT', `/v1/instances/${walk.id}`, {
      account: walk.account,
      product: 'jd-vm',
      billing: 'postpaid',
      region: 'elsewhere',
    }),
  ),
];

function nonsense(name: string, refusedWith: string[], act: Deed['act']): Deed {
  return { name, weight: 0.7, fits: never, act, refusedWith };
}

export const DEEDS: readonly Deed[] = [...SENSIBLE, ...NONSENSE];

/**
 * One that makes sense, four times out of five. `wanted` comes first where it does: so that each deed has its
 * lives.
 */
export function nextDeed({ random, now }: Walk, wanted: Deed | undefined): Deed {
  if (wanted && (wanted.fits(now) || wanted.refusedWith)) return wanted;
  const fitting = DEEDS.filter(({ fits }) => fits(now));
  return random.weighted(random.chance(0.8) && fitting.length ? fitting : DEEDS);
}

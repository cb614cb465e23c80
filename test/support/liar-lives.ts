/**
 * Lives of the documents as they are led through a control plane, move by move, and the ways in which that can go wrong at
 * any one call.
 */
import type { State } from '../../domain/instance';
import { isPromised, type Life } from '../../domain/lifecycle';
import { sendConfirmed } from '../../temporal/send';
import type { Http } from './http';
import type { Asked, Deed, Liar, Lie } from './liar';
import {
  cvmPostpaid,
  cvmPrepaid,
  expectStatus,
  type Fields,
  fastForward,
  instanceOf,
  jdPrepaid,
  newId,
  quote,
  redisPostpaid,
  register,
  seconds,
  timelineOf,
  until,
} from './lives';
import type { ServiceUnderTest } from './service';

/** Of `PARTS`: what a release destroys and what it keeps, the plan says. */
const PART_IDS = ['d1', 'd2', 'ip1'];
/** By the documents' rules; what of `PART_IDS` stays. */
const KEPT: Record<string, string[]> = {
  'tencent-cvm': ['d2', 'ip1'],
  'tencent-redis': [],
  'jd-vm': ['d2', 'ip1'],
};

/** One call of a customer, a clerk or the time, and the state that it leads to. */
interface Move {
  to: State;
  /** @returns the agreement that it is carried out for, if any */
  ask(at: Place): Promise<string | undefined>;
  isByItself?: true;
}

/** A life and who looks after it. */
interface Place {
  service: ServiceUnderTest;
  http: Http;
  liar: Liar;
  id: string;
  led: Led;
}

interface LifeOfDocuments {
  name: string;
  registration: () => object;
  moves: Move[];
}

const HOUR = 3_600_000;

const agree = async (
  { http, id }: Place,
  action: 'terminate' | 'return',
  schedule?: Fields,
): Promise<string> => {
  const { id: quoteId } = await quote(http, [id], { action, ...(schedule ? { schedule } : {}) });
  return expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202).body.id;
};

const returned: Move = { to: 'isolated', ask: (at) => agree(at, 'return') };
const terminated: Move = { to: 'terminated', ask: (at) => agree(at, 'terminate') };
const binned: Move = { to: 'isolated', ask: (at) => agree(at, 'terminate') };

function commanded(to: State, path: string, body: object | ((at: Place) => object) = {}): Move {
  const ask = async (at: Place): Promise<undefined> => {
    const said = typeof body === 'function' ? body(at) : body;
    // Where it is to come to is waited for.
    const reply = await at.http.post(`/v1/instances/${at.id}/${path}`, said);
    if (reply.status !== 202) expectStatus(reply, 200);
    return undefined;
  };
  return { to, ask };
}

const purged = commanded('terminated', 'purge', ({ id }) => ({ confirm: id }));
const restored = commanded('running', 'restore', { renewal: { months: 1 } });

/** Time may pass without anything becoming of it. */
function passed(to: State, ms: number): Move {
  const ask = async ({ http, id }: Place): Promise<undefined> => {
    await fastForward(http, id, seconds(ms));
    return undefined;
  };
  return { to, ask, isByItself: true };
}

/** Its time comes with the move: what turned back has to be agreed to again. */
const timed: Move = {
  to: 'terminated',
  ask: async (at) => {
    const { clock } = await instanceOf(at.http, at.id);
    const then = new Date(Date.parse(clock) + HOUR).toISOString();
    const terminationId = await agree(at, 'terminate', { mode: 'timed', at: then });
    await fastForward(at.http, at.id, seconds(HOUR + 1000));
    return terminationId;
  },
};

const undone: Move = {
  to: 'running',
  ask: async ({ http, id }) => {
    const { account } = (await http.get(`/v1/instances/${id}`)).body;
    const { items } = (await http.get(`/v1/refunds?account=${account}`)).body;
    const { id: refundId } = items.find(({ status }) => status === 'done')!;
    const reply = await http.post(`/v1/refunds/${refundId}/undo`, { reason: 'a mistake' });
    if (reply.status !== 202) expectStatus(reply, 200);
    return undefined;
  },
};

export const LIVES: LifeOfDocuments[] = [
  {
    name: 'return-restore-purge',
    registration: cvmPrepaid,
    moves: [returned, restored, returned, purged],
  },
  { name: 'terminate-now', registration: cvmPostpaid, moves: [terminated] },
  {
    name: 'terminate-later',
    registration: cvmPostpaid,
    moves: [
      { to: 'isolated', ask: (at) => agree(at, 'terminate', { mode: 'later' }) },
      passed('terminated', 2 * HOUR + 1000),
    ],
  },
  { name: 'timed', registration: cvmPostpaid, moves: [timed] },
  {
    name: 'redis-restore',
    registration: redisPostpaid,
    moves: [binned, commanded('running', 'restore'), binned, purged],
  },
  { name: 'jd-expiry', registration: jdPrepaid, moves: [passed('expired', 31 * 24 * HOUR), terminated] },
  {
    name: 'power',
    registration: cvmPostpaid,
    moves: [commanded('stopped', 'stop'), commanded('running', 'start')],
  },
  { name: 'undo', registration: cvmPrepaid, moves: [returned, undone] },
];

/** Each way in which one call can go wrong. */
export const LIES: Record<string, Lie> = {
  fail: { how: 'fail' },
  'fail-after': { how: 'fail', after: true },
  crowded: { how: 'fail', status: 429, headers: { 'retry-after': '1' } },
  unauthorized: { how: 'fail', status: 401 },
  'wrong-address': { how: 'fail', status: 404 },
  hang: { how: 'hang' },
  'hang-after': { how: 'hang', after: true },
  cut: { how: 'cut' },
  'cut-after': { how: 'cut', after: true },
  nonsense: { how: 'nonsense' },
  'nonsense-after': { how: 'nonsense', after: true },
  flood: { how: 'flood' },
  redirect: { how: 'redirect', to: 'http://127.0.0.1:9/' },
  late: { how: 'late', ms: 100 },
  'too-late': { how: 'late', ms: 1500 },
  twice: { how: 'twice' },
  claim: { how: 'claim' },
  forget: { how: 'forget' },
  slow: { how: 'slow', asks: 2 },
  'not-now': { how: 'refuse', retryable: true },
  'not-now-after': { how: 'refuse', retryable: true, after: true },
  never: { how: 'refuse', retryable: false, code: 'LOCKED', message: 'by its owner' },
  'never-after': { how: 'refuse', retryable: false, code: 'LOCKED', message: 'by its owner', after: true },
  'shows-running': { how: 'show', body: { exists: true, power: 'running', marker: null } },
  'shows-stopped': { how: 'show', body: { exists: true, power: 'stopped', marker: null } },
  'shows-isolated': { how: 'show', body: { exists: true, power: 'stopped', marker: 'isolated' } },
  'shows-gone': { how: 'show', body: { exists: false } },
  'starts-it': { how: 'act', did: 'start' },
  'stops-it': { how: 'act', did: 'stop' },
  'frees-it': { how: 'act', did: 'free' },
  'destroys-it': { how: 'act', did: 'destroy' },
};

/** Which of the two calls it is about; missing: either. */
const ABOUT: Record<string, 'apply' | 'observe'> = {
  claim: 'apply',
  forget: 'apply',
  slow: 'apply',
  'not-now': 'apply',
  'not-now-after': 'apply',
  never: 'apply',
  'never-after': 'apply',
  'shows-running': 'observe',
  'shows-stopped': 'observe',
  'shows-isolated': 'observe',
  'shows-gone': 'observe',
};

/** The calls that a lie is about, of those that a life makes when nothing goes wrong; each by its number. */
export const aboutWhich = (lie: string, calls: readonly Asked[]): number[] =>
  calls.flatMap(({ call }, index) => ((ABOUT[lie] ?? call) === call ? [index] : []));

export interface Wrong {
  call: number;
  lie: string;
}

/** What has become of a life. */
export interface Led {
  id: string;
  /** That its control plane got. */
  calls: Asked[];
  turnedBack: number;
  resolved: number;
  /** Its machine was destroyed by others, before it was to be. */
  isLost: boolean;
}

/** A life that never rests again is a failure, and not only slow. */
const REST_MS = 60_000;
/** A few calls go wrong, and an operator may have given up besides. */
const TRIES = 6;
/** Looks between which it is left to itself. */
const LOOKS = 6;

/**
 * Leads a life to its end. What is stuck is resolved, what was turned back is asked for again; each time it is looked
 * whether it was turned back whole.
 * @param wrongs which calls, counted from 0, go wrong and how
 */
export async function lead(
  service: ServiceUnderTest,
  liar: Liar,
  { name, registration, moves }: LifeOfDocuments,
  wrongs: readonly Wrong[] = [],
): Promise<Led> {
  const id = newId([name, ...wrongs.map(({ call, lie }) => `${lie}.${call}`)].join('.').slice(0, 90));
  liar.make(id, PART_IDS);
  for (const { call, lie } of wrongs) liar.tell(LIES[lie]!, { instanceId: id, skip: call });
  const led: Led = { id, calls: [], turnedBack: 0, resolved: 0, isLost: false };
  const at: Place = { service, http: service.http, liar, id, led };
  try {
    await register(service.http, registration(), id);
    for (const move of moves) await makeMove(at, move);
    led.calls = callsTo(liar, id);
    await expectHonest(at);
  } catch (error) {
    throw new Error(await retold(at), { cause: error });
  }
  return led;
}

const callsTo = (liar: Liar, id: string): Asked[] => liar.asked.filter(({ instanceId }) => instanceId === id);

async function retold({ http, liar, id }: Place): Promise<string> {
  const steps = await timelineOf(http, id).catch(() => []);
  const told = steps.map(({ command, outcome, from, to }) => `${command} ${outcome}: ${from} → ${to}`);
  const calls = callsTo(liar, id).map(({ call, goal, stepKey, lie }) => [call, goal, stepKey, lie].join(' '));
  return [id, ...told, ...calls].join('\n  ');
}

async function makeMove(at: Place, move: Move): Promise<void> {
  const { service, led, liar, id } = at;
  for (let tries = 0; tries < TRIES && !led.isLost; tries++) {
    const { step } = await lifeOf(service, id);
    const agreed = await move.ask(at);
    // What was accepted may not have begun yet.
    const after = move.isByItself ? {} : { after: step };
    const life = await rested(service, liar, id, { ...after, onResolved: () => void led.resolved++ });
    if (life.state === move.to) return;
    led.turnedBack++;
    if (agreed !== undefined) await expectTurnedBack(at, agreed);
    led.isLost = !liar.machines.get(id)!.exists;
  }
  if (!led.isLost) throw new Error(`it does not come to be ${move.to}`);
}

export async function lifeOf({ pool }: ServiceUnderTest, id: string): Promise<Life> {
  const { rows } = await pool.query<{ life: Life }>('SELECT life FROM instances WHERE id = $1', [id]);
  return rows[0]!.life;
}

interface Resting {
  /** A step that is not the last one any more. */
  after?: number;
  onResolved?: () => void;
}

/** Waits until nothing of it is under way, and resolves what is stuck. */
export async function rested(
  service: ServiceUnderTest,
  liar: Liar,
  id: string,
  { after = -1, onResolved = () => {} }: Resting = {},
): Promise<Life> {
  let looks = 0;
  return await until(
    async () => {
      const life = await lifeOf(service, id);
      if (!life.crossing) return life.step > after && life;
      if (++looks % LOOKS) return undefined;
      if (!life.crossing.attention) await sendConfirmed(service.client, id).catch(() => {});
      else {
        const said = { action: whatToDo(liar, life), reason: 'looked at it' };
        const { status } = await service.http.post(`/v1/instances/${id}/resolve`, said);
        // It may have come to its end by itself meanwhile.
        if (status !== 409) onResolved();
      }
      return undefined;
    },
    `${id} to rest`,
    REST_MS,
  );
}

/** What an operator does who looks at the machine. */
function whatToDo(liar: Liar, { id, crossing }: Life): 'retry' | 'skip' | 'give-up' {
  const isGone = !liar.machines.get(id)!.exists;
  if (!isGone || crossing!.goal === 'released') return 'retry';
  return isPromised(crossing!) ? 'skip' : 'give-up';
}

/** An agreement that came to nothing: its item and its refund have failed, and say why. */
async function expectTurnedBack({ http, id }: Place, terminationId: string): Promise<void> {
  const { body } = expectStatus(await http.get(`/v1/terminations/${terminationId}`), 200);
  expect(body).toMatchObject({ status: 'done', items: [{ status: 'failed' }] });
  expect(body.items[0]!.problem!.code).toMatch(/^(CONTROL_PLANE_REFUSED|GIVEN_UP)$/);
  const { account } = await instanceOf(http, id);
  const { items } = expectStatus(await http.get(`/v1/refunds?account=${account}`), 200).body;
  const own = items.filter((one) => one.terminationId === terminationId);
  expect(own.map(({ status }) => status)).toEqual(own.map(() => 'failed'));
}

/** Whether its machine was isolated at an instant, in milliseconds. */
function wasIsolated(deeds: readonly Deed[], at: number): boolean {
  const before = deeds.filter((deed) => deed.at <= at);
  const off = before.findLast(({ did }) => did === 'stop' || did === 'start');
  const kept = before.findLast(({ did }) => did === 'isolate' || did === 'free');
  return off?.did === 'stop' && kept?.did === 'isolate' && !before.some(({ did }) => did === 'destroy');
}

/** What has to be true of every life, whatever its control plane did. */
async function expectHonest({ service, liar, id, led }: Place): Promise<void> {
  const deeds = liar.deeds.filter(({ instanceId }) => instanceId === id);
  const isFooled = callsTo(liar, id).some(({ lie }) => lie === 'show');
  const { rows: refunds } = await service.pool.query<{ refundId: string; at: string }>(
    `SELECT refund_id AS "refundId", recorded_at AS at FROM transactions WHERE instance_id = $1 AND event = 'refund'`,
    [id],
  );
  // What was shown to be isolated is believed to be; the nightly look finds it out.
  if (!isFooled) for (const { at } of refunds) expect(wasIsolated(deeds, Date.parse(at))).toBe(true);
  expect(new Set(refunds.map(({ refundId }) => refundId)).size).toBe(refunds.length);
  await expectPlanKept({ service, liar, id }, deeds);
  const life = await lifeOf(service, id);
  if (life.state !== 'terminated' || led.isLost) return;
  const { parts, exists } = liar.machines.get(id)!;
  const destroyedByOthers = deeds.some(({ did, stepKey }) => did === 'destroy' && stepKey === null);
  const kept = destroyedByOthers ? [] : KEPT[life.product]!;
  expect({ exists, parts: [...parts].sort() }).toEqual({ exists: false, parts: kept });
}

/** What was destroyed was to go, by a step that says so. */
async function expectPlanKept(
  { service, liar, id }: Pick<Place, 'service' | 'liar' | 'id'>,
  deeds: readonly Deed[],
): Promise<void> {
  const destroyed = deeds.filter(({ did, stepKey }) => did === 'destroy' && stepKey !== null);
  if (!destroyed.length) return;
  const { rows } = await service.pool.query<{ step: string }>(
    "SELECT instance_id || '/' || step AS step FROM steps WHERE instance_id = $1 AND to_state = 'terminating'",
    [id],
  );
  const releases = new Set(rows.map(({ step }) => step));
  const plans = callsTo(liar, id).flatMap(({ body }) => body?.plan?.terminate.map((part) => part.id) ?? []);
  for (const { what, stepKey } of destroyed) {
    expect(releases).toContain(stepKey);
    expect(plans).toContain(what);
  }
}

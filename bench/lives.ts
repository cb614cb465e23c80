/** The arms: one life each, as Sunset's workflow alone, by HTTP, and as the yardsticks have it. */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { parseRegistration } from '../contract/registration-rules';
import { POLICIES } from '../policies';
import { excerptOf } from '../store/policies';
import { createSignatures, type Signatures } from '../store/signatures';
import { registerInstance, sendCommand } from '../temporal/send';
import { cvmPostpaid, redisPostpaid } from '../test/support/lives';
import type { Arm } from './compare';
import { bare, change, register } from './peers/bare';
import { changeSignal, naive, stepQuery } from './peers/naive';
import type { Place } from './place';

export type Group = keyof Place['pids'];

const arm = (name: string, place: Place, once: () => Promise<unknown>): Arm<Group> => ({
  name,
  once,
  groups: place.pids,
});

/** As large as a registration of Sunset's, so that histories weigh the same. */
export const BODY = JSON.stringify(cvmPostpaid());
export const NOTE = 'x'.repeat(200);

export async function beginBare(
  place: Place,
  id: string,
  queue = place.queue,
  begins: 'running' | 'bin' = 'running',
): Promise<void> {
  const startWorkflowOperation = new WithStartWorkflowOperation(bare, {
    workflowId: id,
    taskQueue: queue,
    args: [id, BODY, begins],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await place.plainClient.workflow.executeUpdateWithStart(register, { startWorkflowOperation });
}

export const changeBare = async (
  place: Place,
  id: string,
  to: 'stopped' | 'running' | 'bin' | 'close',
  updateId: string = randomUUID(),
): Promise<void> =>
  void (await place.plainClient.workflow
    .getHandle(id)
    .executeUpdate(change, { args: [{ to, note: NOTE }], updateId }));

/** Registered, stopped, started: three updates. */
export const bareThree = (place: Place, name = 'bare'): Arm<Group> =>
  arm(name, place, async () => {
    const id = `bare-${randomUUID()}`;
    await beginBare(place, id);
    await changeBare(place, id, 'stopped');
    await changeBare(place, id, 'running');
  });

/** Registered, put into the bin (its timer starts), released, and the workflow closed. */
export const bareWhole = (place: Place): Arm<Group> =>
  arm('bare', place, async () => {
    const id = `bare-${randomUUID()}`;
    await beginBare(place, id);
    await changeBare(place, id, 'bin');
    await changeBare(place, id, 'close');
  });

export const naiveThree = (place: Place): Arm<Group> =>
  arm('naive', place, async () => {
    const id = `naive-${randomUUID()}`;
    const handle = await place.plainClient.workflow.start(naive, {
      workflowId: id,
      taskQueue: place.queue,
      args: [id, BODY],
    });
    const reached = async (step: number): Promise<void> => {
      while ((await handle.query(stepQuery)) < step) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await reached(0);
    for (const [index, to] of ['stopped', 'running'].entries()) {
      await handle.signal(changeSignal, { to, note: NOTE });
      await reached(index + 1);
    }
  });

const registrationOf = (body: unknown) => {
  const parsed = parseRegistration(body, POLICIES);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
};

/** Whoever is slow is to be measured, not to be given up. */
export const PATIENCE_MS = 120_000;

/** Registers as the API would, without it. */
export async function birth(
  place: Place,
  instanceId: string,
  body: unknown,
  signer: Signatures,
): Promise<void> {
  const registration = registrationOf(body);
  const policy = await excerptOf(
    place.pool,
    POLICIES.find(({ product }) => product === registration.product)!,
  );
  const born = { instanceId, registration, policy, envelope: { id: randomUUID(), by: 'operator' } };
  const signature = signer.signBirth(born);
  await registerInstance(place.client, { ...born, signature }, { waitMs: PATIENCE_MS });
}

/** Sunset's workflow alone, without its API: its own client code sends what the API would send. */
export function workflowThree(place: Place): Arm<Group> {
  const signatures = createSignatures(place.cluster.operatorKey);
  return arm('workflow', place, async () => {
    const instanceId = `ins-${randomUUID()}`;
    await birth(place, instanceId, cvmPostpaid(), signatures);
    for (const name of ['stop', 'start'] as const) {
      const message = { id: randomUUID(), by: 'operator', command: { name } };
      await sendCommand(place.client, instanceId, message, { signer: signatures, waitMs: PATIENCE_MS });
    }
  });
}

interface ApiAnswer {
  id: string;
  /** Of a termination. */
  items: { status: string }[];
}

/** One call of the API. @throws when it is refused */
export async function call<A = ApiAnswer>(
  place: Place,
  method: string,
  path: string,
  body: unknown,
  key: string = randomUUID(),
): Promise<A> {
  const { apis, operatorKey } = place.cluster;
  const { url } = apis[Math.floor(Math.random() * apis.length)]!;
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${operatorKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as A;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** By HTTP: register, quote, confirm (into the bin), purge. */
export const httpWhole = (place: Place): Arm<Group> =>
  arm('http', place, async () => {
    const id = `ins-${randomUUID()}`;
    await call(place, 'PUT', `/v1/instances/${id}`, redisPostpaid());
    const quote = await call(place, 'POST', '/v1/quotes', { action: 'terminate', instanceIds: [id] });
    const termination = await call(place, 'POST', '/v1/terminations', { quoteId: quote.id, agree: true });
    if (termination.items[0]?.status !== 'done') throw new Error(JSON.stringify(termination));
    await call(place, 'POST', `/v1/instances/${id}/purge`, { confirm: id });
  });

/** An instance, and how often it was used. */
interface Lent {
  id: string;
  used: number;
}

/** Of one bare workflow: it doesn't continue as new, and Temporal takes 2,000 updates of a run. To begin the next one is not counted. */
const CHANGES = 1000;

/** One command over and over on living instances of its own, as HTTP and as a raw update. */
export async function commands(place: Place, count: number): Promise<Arm<Group>[]> {
  const ids = Array.from({ length: count }, () => `ins-${randomUUID()}`);
  const bareIds = ids.map((id) => `bare-${id}`);
  for (const id of ids) await call(place, 'PUT', `/v1/instances/${id}`, cvmPostpaid());
  // Each is somebody's for a time: two commands to one instance would wait for each other.
  const lend = (all: string[]) => {
    const free: Lent[] = all.map((id) => ({ id, used: 0 }));
    return async <T>(use: (one: Lent) => Promise<T>): Promise<T> => {
      const one = free.shift()!;
      const result = await use(one);
      free.push({ ...one, used: one.used + 1 });
      return result;
    };
  };
  const [ours, theirs] = [lend(ids), lend(bareIds)];
  const changed = async ({ id, used }: Lent): Promise<boolean> => {
    const run = `${id}-${Math.floor(used / CHANGES)}`;
    const isNew = used % CHANGES === 0;
    await (isNew ? beginBare(place, run) : changeBare(place, run, used % 2 ? 'stopped' : 'running'));
    return !isNew;
  };
  return [
    arm('http', place, () =>
      ours(({ id, used }) => call(place, 'POST', `/v1/instances/${id}/${used % 2 ? 'start' : 'stop'}`, {})),
    ),
    arm('executeUpdate', place, () => theirs(changed)),
  ];
}

/** Does something for each of many, so many at a time. */
export async function atATime<T>(all: T[], many: number, each: (one: T) => Promise<unknown>): Promise<void> {
  const left = all[Symbol.iterator]();
  const one = async (): Promise<void> => {
    for (const next of left) await each(next);
  };
  await Promise.all(Array.from({ length: many }, one));
}

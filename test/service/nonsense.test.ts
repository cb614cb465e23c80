/**
 * Nonsense sent to living workflows: random sequences of updates and signals of every shape, signed and
 * forged, one after the other and at once, across continue-as-new. Each message ends as an answer or as a
 * row; no workflow fails, hangs or is left behind; nothing is done that nobody may do; and the audit finds
 * nothing. `SUNSET_SEED` repeats a run's choices. `npm run nightly` plays 10,000 sequences.
 */
import { createHash, randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, RawValue } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { commandIdOf, derivedId } from '../../api/asking';
import { clockOf } from '../../domain/clock';
import { COMMANDS, type Command } from '../../domain/commands';
import { type Action, STATES } from '../../domain/instance';
import { decide, type Life } from '../../domain/lifecycle';
import { asUnsigned } from '../../domain/signed';
import { createQuote } from '../../store/agreements/quotes';
import { audit } from '../../store/audit';
import { onOneConnection } from '../../store/db';
import { findInstance } from '../../store/lives/instances';
import { storedLife } from '../../store/lives/repair';
import { startAgain } from '../../temporal/lives';
import { Dropped, meaningOf, NotRunning } from '../../temporal/meaning';
import {
  REFUSAL,
  SIGNALS,
  type SignalName,
  UPDATES,
  type UpdateResult,
  workflowId,
} from '../../workflows/messages';
import { readSignal, tidy } from '../../workflows/signals';
import { isSigned } from '../../workflows/sound';
import { DAY, expectStatus, type Fields, fromNow, hoursAgo, newId, until } from '../support/lives';
import {
  ballast,
  inShort,
  type Letter,
  makeUp,
  rightCommand,
  type Scene,
  type Sending,
} from '../support/nonsense';
import { inParallel, range } from '../support/parallel';
import { Random } from '../support/random';
import { randomRegistration } from '../support/random-registrations';
import { SCALE } from '../support/scale';
import { everythingDecided, signed, useService } from '../support/service';

/** Sequences that one instance lives through, if it lives so long. */
const OF_A_LIFE = 6;
/** Whole lives: 300, and 10,002 by night. */
const SEQUENCES = OF_A_LIFE * (SCALE === 1 ? 50 : Math.ceil((1000 * SCALE) / OF_A_LIFE));
const SEED = Number(process.env.SUNSET_SEED ?? Date.now() % 1_000_000);
/** A worker that is there answers well within this, however busy the machine is. */
const ANSWER_MS = 60_000;

// What a test ends in Temporal it starts again itself.
const { service } = useService({ worker: { watchEveryMs: 3_600_000 } });

const handleOf = (id: string) => service.client.workflow.getHandle(workflowId(id));
const told = new Map<string, number>();
const tell = (what: string): void => void told.set(what, (told.get(what) ?? 0) + 1);
const count = (pattern: RegExp): number =>
  [...told].reduce((sum, [what, times]) => sum + (pattern.test(what) ? times : 0), 0);

/** Sent before, to any instance: what a forger could know, and what comes again. The latest of them only. */
const ids: string[] = [];
const letters: Letter[] = [];
const quotesOfAll: string[] = [];
const lives: string[] = [];
/**
 * The server's own bounds: an update id of more than 1,000 characters, no name at all, a message of more than
 * 2 MB.
 */
const NOT_TAKEN = /exceeds (length |size )?limit|larger than max|not set/i;
const innerMost = (error: unknown): string =>
  ((error as { cause?: Error }).cause ?? (error as Error)).message;
const isClosed = (error: unknown): boolean => error instanceof NotRunning;

/** One instance's way through its sequences. */
interface Walk {
  random: Random;
  id: string;
  account: string;
  currency: string;
  ownQuotes: string[];
  /** Command ids that the API's key has vouched for, with what was asked and by whom. */
  vouchedFor: Set<string>;
  /** Its clock runs ahead, which a workflow that is begun again can't know. */
  isAhead: boolean;
  log: string[];
  /** The signals of this sequence that the server has taken. */
  heard: Sending[];
}

const rowOf = async (id: string) => (await findInstance(service.pool, id))!;

async function born(random: Random): Promise<Walk> {
  const id = newId('nonsense');
  const account = `acc-${SEED}-${random.int(1, SEQUENCES / 10)}`;
  const given = random.pick([
    {},
    {},
    { product: 'tencent-redis' },
    { product: 'tencent-redis', billing: 'postpaid' as const, state: 'running' },
    { product: 'tencent-cvm', billing: 'postpaid' as const, state: 'running' },
    { product: 'jd-vm', billing: 'postpaid' as const, state: 'stopped' },
    { product: 'tencent-cvm', billing: 'prepaid' as const, state: 'running' },
  ]);
  const body = {
    ...randomRegistration(random, account, given),
    ...(random.chance(0.12) ? binned(random) : {}),
  };
  expectStatus(await service.http.put(`/v1/instances/${id}`, body), 201);
  lives.push(id);
  const currency = body.prices.currency;
  const log = [`PUT ${id} ${JSON.stringify(body)}`];
  const walk: Walk = {
    random,
    id,
    account,
    currency,
    ownQuotes: [],
    vouchedFor: new Set(),
    isAhead: false,
    log,
    heard: [],
  };
  if (random.chance(0.4)) {
    const money = {
      kind: 'deposit',
      source: 'cash',
      currency,
      amount: '5000',
      reference: id,
      reason: 'to renew with',
    };
    expectStatus(await service.http.post(`/v1/accounts/${account}/adjustments`, money), 201);
  }
  if (random.chance(0.1)) await byApi(walk, 'protect', { reason: 'a lawsuit', holdRelease: true });
  return walk;
}

/** In another system's bin until now. */
const binned = (random: Random): Fields => ({
  product: 'tencent-redis',
  billing: 'postpaid',
  state: 'isolated',
  cause: 'terminate',
  orders: [],
  isolatedAt: hoursAgo(5),
  purgeTime: fromNow(random.int(1, 9) * DAY),
});

/** A command of the API, which may be refused and must be answered. */
async function byApi(walk: Walk, name: string, body: Fields = {}): Promise<void> {
  const key = randomUUID();
  walk.vouchedFor.add(commandIdOf('operator', key));
  const { status, body: answer } = await service.http.post(`/v1/instances/${walk.id}/${name}`, body, { key });
  walk.log.push(`POST ${name} → ${status}`);
  tell(`api ${status < 300 ? 'done' : 'refused'}`);
  if (status >= 500 || status === 202)
    throw new Error(`the API answers ${status}: ${JSON.stringify(answer)}`);
}

/** A quote as people make it; some of them have expired by the time they are used. */
async function quoted(walk: Walk): Promise<void> {
  const { random, id } = walk;
  const row = await rowOf(id);
  const { life, policy } = row;
  const action: Action =
    life.billing === 'postpaid' || life.product === 'jd-vm'
      ? 'terminate'
      : random.pick(['return', 'return-renewals'] as const);
  if (random.chance(0.15)) {
    const quoteId = `q_${randomUUID()}`;
    const request = { action, schedule: { mode: 'now' as const } };
    const quote = { id: quoteId, rows: [row], request, policyOf: () => policy, expiresInSeconds: 0 };
    await onOneConnection(service.pool, (db) => createQuote(db, quote));
    walk.ownQuotes.push(quoteId);
    return;
  }
  const timed = { schedule: { mode: 'timed', at: fromNow(random.int(1, 50) * DAY) } };
  const ask = { action, instanceIds: [id], ...(action === 'terminate' && random.chance(0.5) ? timed : {}) };
  const { status, body } = await service.http.post('/v1/quotes', ask);
  if (status >= 500) throw new Error(`no quote: ${JSON.stringify(body)}`);
  if (status === 201) walk.ownQuotes.push(body.id);
  if (status === 201) keep(quotesOfAll, body.id);
}

async function confirmed(walk: Walk): Promise<void> {
  const quoteId = walk.ownQuotes.at(-1);
  if (!quoteId) return;
  const key = randomUUID();
  walk.vouchedFor.add(`${derivedId('t', commandIdOf('operator', key))}/${walk.id}`);
  const { status, body: answer } = await service.http.post(
    '/v1/terminations',
    { quoteId, agree: true },
    { key },
  );
  walk.log.push(`confirm ${quoteId} → ${status}`);
  if (status >= 500) throw new Error(`no termination: ${JSON.stringify(answer)}`);
}

function keep<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > 60) list.shift();
}

async function sceneOf(walk: Walk): Promise<Scene> {
  const { random, id, currency, ownQuotes: own } = walk;
  const { rows } = await service.pool.query<{ id: string }>('SELECT id FROM refunds WHERE instance_id = $1', [
    id,
  ]);
  const { life } = await rowOf(id);
  const refundIds = rows.map((row) => row.id);
  return {
    random,
    id,
    life,
    currency,
    signatures: service.signatures,
    ids,
    letters,
    quotes: { own, others: quotesOfAll },
    refundIds,
  };
}

/** The two ways to the server. Answers `closed` where the workflow has come to its end. */
async function send(walk: Walk, sending: Sending): Promise<void> {
  walk.log.push(inShort(sending));
  const [first] = sending.args;
  const messageId = (first as { id?: unknown } | null | undefined)?.id;
  if (typeof messageId === 'string') keep(ids, messageId);
  if (sending.honest) walk.vouchedFor.add(sending.honest.message.id);
  const outcome =
    sending.way === 'update' ? await sendUpdate(walk, sending) : await sendSignal(walk, sending);
  walk.log.push(`  → ${outcome}`);
  tell(`${sending.way} ${outcome}`);
  if (outcome === 'closed' && (await rowOf(walk.id)).life.state !== 'terminated')
    throw new Error('closed, though it lives');
}

async function sendUpdate({ id }: Walk, { name, args, updateId }: Sending): Promise<string> {
  const options = { args: args as [], ...(updateId === undefined ? {} : { updateId }) };
  const execute = () =>
    service.client.withDeadline(Date.now() + ANSWER_MS, () =>
      handleOf(id).executeUpdate<UpdateResult, []>(name, options),
    );
  for (let tries = 0; ; tries += 1) {
    try {
      const { state, step } = await execute();
      // Under an id that comes again it may be another message's answer; the same life's in any case.
      if (!STATES.includes(state) || !Number.isInteger(step))
        throw new Error(`not an answer: ${JSON.stringify({ state, step })}`);
      return `${known(name)} done`;
    } catch (error) {
      const meaning = meaningOf(error);
      // Asked again as the API does.
      if (meaning instanceof Dropped && tries < 20) continue;
      return `${known(name)} ${refusalOf(error)}`.replace(/^.* closed$/, 'closed');
    }
  }
}

/** What may be said to a message, or else it is a failure of the test. */
function refusalOf(error: unknown): string {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, details, message } = error.cause;
    const code = (details?.[0] as { code?: unknown } | undefined)?.code;
    if (type === REFUSAL && typeof code === 'string' && /^[A-Z_]+$/.test(code)) return `refused ${code}`;
    // It names the update itself: under an id that comes again it is another message's answer.
    const missing = /^No registered handler for update: (.*)$/s.exec(message)?.[1];
    if (missing !== undefined && known(missing) === 'unknown') return 'refused: no such update';
    if (type === 'AcceptedUpdateCompletedWorkflow') return 'closed';
    throw new Error(`an internal error: ${type}: ${message}`, { cause: error });
  }
  if (isClosed(meaningOf(error))) return 'closed';
  if (NOT_TAKEN.test(innerMost(error))) return 'not taken by the server';
  throw error;
}

const known = (name: string): string =>
  name === 'register' || Object.hasOwn(UPDATES, name) ? name : 'unknown';

async function sendSignal({ id, heard }: Walk, sending: Sending): Promise<string> {
  const { name, args } = sending;
  try {
    await service.client.withDeadline(Date.now() + ANSWER_MS, () => handleOf(id).signal(name, ...args));
    if (Object.hasOwn(SIGNALS, name)) heard.push(sending);
    return `${Object.hasOwn(SIGNALS, name) ? name : 'unknown'} sent`;
  } catch (error) {
    if (isClosed(meaningOf(error))) return 'closed';
    if (NOT_TAKEN.test(innerMost(error))) return 'not taken by the server';
    throw error;
  }
}

/** An update as the API sends it. */
async function command(walk: Walk, asked: Command): Promise<string> {
  const message = signed(service, walk.id, { id: `right-${randomUUID()}`, by: 'operator', command: asked });
  walk.vouchedFor.add(message.id);
  return await sendUpdate(walk, { way: 'update', name: COMMANDS[asked.name].update, args: [message] });
}

/** Answered when everything that was sent before it has been heeded. */
const flush = async (walk: Walk): Promise<void> => void (await command(walk, { name: 'cancel' }));

/** Another run of the workflow in the middle of a sequence. */
async function newRun(walk: Walk): Promise<void> {
  const { random, id } = walk;
  if (walk.isAhead || random.chance(0.08)) {
    walk.log.push('ballast, for a new run by continue-as-new');
    const runOf = async () => await handleOf(id).describe();
    const { runId } = await runOf();
    for (const _ of range(3)) await send(walk, { way: 'signal', name: 'cancel', args: [ballast()] });
    await flush(walk);
    await until(async () => {
      const { runId: latest, status } = await runOf();
      const isOver = latest !== runId || status.name !== 'RUNNING';
      // One at a time: messages that come all the while keep a run from ending.
      if (!isOver) await doRight(walk);
      return isOver;
    }, `a new run of ${id}`);
    tell('continued as new');
    return;
  }
  await flush(walk);
  if ((await rowOf(id)).life.state === 'terminated') return;
  const stored = (await storedLife(service.pool, id))!;
  // As a repair begins it, or as a run that has forgotten what it was told so long ago.
  const restart = { ...stored, done: random.chance(0.5) ? stored.done : [] };
  walk.log.push(`begun again from step ${restart.life.step}, remembering ${restart.done.length}`);
  await handleOf(id).terminate('begun again by the test');
  await startAgain(service.client, restart, { taskQueue: service.taskQueue });
  tell('begun again');
}

async function timePasses(walk: Walk): Promise<void> {
  const duration = `P${walk.random.pick([1, 3, 10, 40])}D`;
  const { status, body: answer } = await service.http.post(`/v1/instances/${walk.id}/fast-forward`, {
    duration,
  });
  walk.log.push(`fast-forward ${duration} → ${status}`);
  if (status >= 500) throw new Error(`fast-forward: ${JSON.stringify(answer)}`);
  walk.isAhead ||= status < 300;
}

interface StepRow {
  step: number;
  command_id: string;
  command: string;
  outcome: string;
  code: string | null;
  by: string;
  authority: string;
}

const stepsOf = async (id: string): Promise<StepRow[]> => {
  const text =
    'SELECT step, command_id, command, outcome, code, by, authority FROM steps WHERE instance_id = $1 ORDER BY step';
  return (await service.pool.query<StepRow>(text, [id])).rows;
};

async function play(walk: Walk): Promise<void> {
  const { random, id } = walk;
  const before = await rowOf(id);
  const messages = random.int(3, 5);
  const crossing = random.chance(0.22) ? random.int(0, messages - 1) : -1;
  if (random.chance(0.35)) await quoted(walk);
  walk.heard = [];
  if (random.chance(0.2)) {
    const scene = await sceneOf(walk);
    const burst = range(messages).map(() => makeUp(scene));
    walk.log.push('at once:');
    await Promise.all(burst.map((sending) => send(walk, sending)));
  } else {
    const scene = await sceneOf(walk);
    for (const index of range(messages)) {
      if (index === crossing) await newRun(walk);
      const sending = makeUp({ ...scene, life: (await rowOf(id)).life });
      await send(walk, sending);
    }
  }
  if (random.chance(0.12)) await confirmed(walk);
  if (random.chance(0.05)) await timePasses(walk);
  await hold(walk, before.life);
}

/** What must be true after each sequence. */
async function hold(walk: Walk, before: Life): Promise<void> {
  const { id } = walk;
  await flush(walk);
  const rows = await stepsOf(id);
  everySignalIsTold(walk, before, rows);
  nothingIsForged(walk, rows);
  await doRight(walk);
  await standsWell(id);
}

/** A living instance does what it can be asked to. */
async function doRight(walk: Walk): Promise<void> {
  const row = await rowOf(walk.id);
  const at = clockOf(row, Date.now());
  const right = rightCommand((asked) => decide(row.life, asked, at).ok);
  if (right) {
    const answer = await command(walk, right);
    tell('right command done');
    if (!answer.endsWith(' done'))
      throw new Error(`a right command (${right.name}) after it is answered ${answer}`);
  } else if (row.life.state !== 'terminated') throw new Error(`no command is possible in ${row.life.state}`);
}

/** No workflow task and no activity is being tried again, and the workflow is where its instance is. */
async function standsWell(id: string): Promise<void> {
  const { state } = (await rowOf(id)).life;
  const { status, raw } = await handleOf(id).describe();
  const expected = state === 'terminated' ? 'COMPLETED' : 'RUNNING';
  if (status.name !== expected) throw new Error(`${state}, and its workflow is ${status.name}`);
  const attempts = [raw.pendingWorkflowTask, ...(raw.pendingActivities ?? [])].map(
    (one) => one?.attempt ?? 1,
  );
  if (attempts.some((attempt) => attempt > 1))
    throw new Error(`something is tried again: ${attempts.join(', ')}`);
}

/** What a signal's row or step is called; undefined where its name is made up for it. */
function namesOf(id: string, { name, args }: Sending): { own: string; item: string } | undefined {
  const payload = tidy(args[0]);
  if (payload.id === undefined) return undefined;
  const isLetter = isSigned(payload) && 'command' in readSignal(name as SignalName, id, payload);
  const own = isLetter ? payload.id : asUnsigned({ id: payload.id, by: '' }).id;
  const key = createHash('sha256').update(`${id} ${own}`).digest('hex').slice(0, 32);
  return { own, item: `t_${key}/${id}` };
}

/** Each signal that has come is a step or a refused row; those of one id and one refusal are the same row. */
function everySignalIsTold({ id, heard }: Walk, before: Life, rows: StepRow[]): void {
  let unnamed = 0;
  for (const sending of heard) {
    // What of it can be decoded is the workflow's to say.
    if (sending.args[0] instanceof RawValue) continue;
    const names = namesOf(id, sending);
    if (!names) {
      unnamed += 1;
      continue;
    }
    const isIt = ({ command_id: found }: StepRow): boolean =>
      found === names.own ||
      found === names.item ||
      (found.startsWith(`sunset/refused/${sending.name}/`) && found.endsWith(`/${names.own}`));
    if (!rows.some(isIt)) throw new Error(`a signal has left nothing: ${inShort(sending)}`);
  }
  const made = rows.filter(
    ({ step, command_id: found, authority }) =>
      step > before.step &&
      authority === 'unsigned' &&
      (found.includes('sunset/signal/') || found.startsWith('t_')),
  );
  if (made.length < unnamed)
    throw new Error(`${unnamed} signals without an id have left ${made.length} rows`);
}

const BY_ANYBODY = ['terminate', 'return', 'return-renewals', 'cancel', 'restore', 'purge'];

/**
 * A step that counts as somebody's word is one that the API's key has signed; what is nobody's does no more
 * than signals may.
 */
function nothingIsForged({ vouchedFor }: Walk, rows: StepRow[]): void {
  for (const row of rows) {
    const { command_id: commandId, authority, outcome, command: name, by, step } = row;
    const isFine = {
      signed: outcome === 'refused' || step === 0 || vouchedFor.has(commandId),
      unsigned: by.startsWith('unsigned: ') && (outcome === 'refused' || BY_ANYBODY.includes(name)),
      sunset: by === 'sunset' && commandId.startsWith('sunset/'),
    }[authority];
    if (!isFine) throw new Error(`a step that nobody may take: ${JSON.stringify(row)}`);
  }
}

const detailOf = (error: Error): string =>
  `${error.cause ? `${(error.cause as Error).message}: ` : ''}${error.stack}`;

const failures: string[] = [];
const ENOUGH = 5;

/** So many sequences, with as many lives as they take. */
async function block(_: unknown, index: number): Promise<void> {
  if (failures.length >= ENOUGH) return;
  const random = new Random(SEED * 100_003 + index);
  let walk: Walk | undefined;
  let begun = 0;
  try {
    for (const _sequence of range(OF_A_LIFE)) {
      // The dead are told something now and then.
      const isOver = walk && (await rowOf(walk.id)).life.state === 'terminated' && random.chance(0.8);
      if (!walk || isOver) walk = await born(random);
      begun = walk.log.length;
      await play(walk);
      tell('sequence');
      const played = count(/^sequence$/);
      if (played % 1000 === 0) process.stderr.write(`  nonsense: ${played} sequences\n`);
    }
  } catch (error) {
    const lines = walk ? [walk.log[0], '…', ...walk.log.slice(Math.max(1, begun))] : [];
    failures.push(
      `SUNSET_SEED=${SEED}, block ${index} (${walk?.id}): ${detailOf(error as Error)}\n${lines.join('\n')}`,
    );
  }
}

const FAILED = temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED;
const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: MORE_TO_DO } =
  temporal.api.enums.v1.WorkflowTaskFailedCause;

/**
 * The SDK's own bookkeeping, met under load (1.24): it is told that a task which only an update had asked for
 * has timed out before a worker had it, no longer knows of that task, and replays. Nothing of ours has run.
 */
const FORGOTTEN =
  /^\[TMPRL1100\].* could not find a matching command for it: HistoryEvent .*WorkflowTaskTimedOut.*ScheduleToStart/;

/**
 * Failed tasks in the history of a workflow's latest run. That a message came while a task was ending is
 * none.
 */
async function failedTasks(id: string): Promise<string[]> {
  const { historySize } = await handleOf(id).describe();
  // More than one answer of the server's can hold, of which a huge message is the greater part.
  if (historySize! > 3_500_000) return [];
  const { events } = await handleOf(id).fetchHistory();
  return events!
    .filter(({ eventType }) => eventType === FAILED)
    .map(({ workflowTaskFailedEventAttributes: failed }) => failed!)
    .filter(({ cause }) => cause !== MORE_TO_DO)
    .map(({ failure }) => failure?.message ?? '')
    .filter((message) => !FORGOTTEN.test(message))
    .map((message) => `${id}: ${message}`);
}

it(
  `L13: ${SEQUENCES} sequences of nonsense end as answers and rows, and the audit finds nothing`,
  async () => {
    process.stderr.write(`  nonsense: SUNSET_SEED=${SEED}\n`);
    const begun = performance.now();
    await inParallel(range(SEQUENCES / OF_A_LIFE), block, 14);
    if (failures.length) throw new Error(failures.join('\n\n'));
    const took = ((performance.now() - begun) / 1000).toFixed(0);
    await everythingDecided(service);
    const { rows, checks } = await audit(service.pool);
    const failed = (await inParallel(lives, failedTasks, 8)).flat();
    const said = [...told].sort(([, a], [, b]) => b - a).map(([what, times]) => `${what} ${times}`);
    process.stderr.write(
      `  nonsense: ${took} s, ${rows.instances} lives, ${rows.steps} steps; ${said.join(', ')}\n`,
    );
    const findings = checks.flatMap((check) => check.findings);
    if (findings.length)
      throw new Error(`SUNSET_SEED=${SEED}: ${JSON.stringify(findings.slice(0, 20), null, 1)}`);
    expect(failed).toEqual([]);
    // Else the sequences would have shown less than they say.
    expect(count(/^sequence$/)).toBe(SEQUENCES);
    for (const name of Object.keys(UPDATES))
      expect([name, count(new RegExp(`^update ${name} refused`)) > 0]).toEqual([name, true]);
    expect(count(/^update unknown/)).toBeGreaterThan(0);
    expect(count(/^update .* done$/)).toBeGreaterThan(SEQUENCES / 6);
    expect(count(/^right command done$/)).toBeGreaterThan(SEQUENCES / 2);
    for (const code of ['UNSIGNED', 'BAD_SIGNATURE', 'BAD_PAYLOAD'])
      expect(count(new RegExp(code))).toBeGreaterThan(SEQUENCES / 30);
    expect(count(/^begun again$/)).toBeGreaterThan(SEQUENCES / 20);
    expect(count(/^continued as new$/)).toBeGreaterThan(SEQUENCES / 200);
  },
  SCALE === 1 ? 300_000 : 7_200_000,
);

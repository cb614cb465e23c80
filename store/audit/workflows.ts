/**
 * The read model held against the workflows: what each of them believes, by way of a port that the worker and
 * the command line have.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { msOf } from '../../domain/instant';
import type { Pool } from '../db';
import { eachAtOnce } from './at-once';
import type { Finding } from './check';

/** What is compared of a life. */
export interface Situation {
  state: string;
  /** ISO-8601, in UTC. */
  releaseTime: string | null;
}

/** A workflow as it is at this moment. */
export type Seen =
  | { is: 'running'; life: (Situation & { step: number }) | null }
  | { is: 'silent'; reason: string }
  | { is: 'closed'; how: string }
  | { is: 'missing' };

/**
 * Temporal as the audit needs it. Every method throws {@link TemporalAway} when the server does not answer.
 */
export interface Workflows {
  /** The running workflows of instances, from Temporal's lists: cheap, and maybe seconds behind. */
  running(): AsyncIterable<Partial<Situation> & { instanceId: string }>;
  /**
   * Instances of which a run has failed or was ended from outside in the last hour, from Temporal's lists: a
   * thousand at most.
   */
  fallen(): Promise<string[]>;
  /** How many workflows of instances run, from Temporal's lists. */
  count(): Promise<number>;
  /** Starts the workflow of a living instance again (L14). @returns whether that is possible from here */
  startAgain(instanceId: string): Promise<boolean>;
  /** One workflow, asked itself. Asking wakes it, so a deadline that it has slept through is taken. */
  look(instanceId: string): Promise<Seen>;
  /** Sends accepted items again that are at least so old. */
  sendAgain(olderThanMs: number): Promise<void>;
}

/** Temporal can't be asked; the message says why. */
export class TemporalAway extends Error {}

/** For an audit that is made without Temporal: every question answers why it can't be asked. */
export function noWorkflows(reason: string): Workflows {
  const away = (): never => {
    throw new TemporalAway(reason);
  };
  return {
    running: away,
    fallen: async () => away(),
    count: async () => away(),
    startAgain: async () => away(),
    look: async () => away(),
    sendAgain: async () => away(),
  };
}

export const WORKFLOWS_CHECK = {
  name: 'workflows',
  title: 'each living instance has a running workflow that is where its row is, and no other has one',
};

const PAGE = 1000;
export const ASKED_AT_ONCE = 16;
/** When so many workflows don't answer, there is hardly a worker, and the others won't either. */
const ENOUGH_SILENCE = 50;
/**
 * A step is committed before its workflow has adopted it: what differs is asked so often, with a pause
 * between.
 */
const ROUNDS = 6;
export const PAUSE_MS = 2000;

/**
 * @returns how many running workflows were compared, what differs for good, and which of those live without a
 * workflow. @throws TemporalAway
 */
export async function compareWithWorkflows(
  pool: Pool,
  workflows: Workflows,
  { onProgress, pauseMs }: { onProgress: (done: string) => void; pauseMs: number },
): Promise<{ compared: number; findings: Finding[]; lost: string[] }> {
  const { compared, suspects } = await findSuspects(pool, workflows, onProgress);
  const details = new Map<string, string>();
  const lost: string[] = [];
  let left = suspects;
  for (let round = 1; left.length; round++) {
    onProgress(`asking ${left.length} workflows that seem to differ`);
    if (round > 1) await sleep(pauseMs);
    left = await stillDiffering(pool, workflows, left, { details, lost }, round === ROUNDS);
  }
  const findings = [...details].map(([id, detail]) => ({ check: WORKFLOWS_CHECK.name, id, detail }));
  return { compared, findings: findings.sort((a, b) => (a.id < b.id ? -1 : 1)), lost };
}

/**
 * Goes through both sides once, page by page. Instances are remembered by their number: a set of a million of
 * them is small.
 */
async function findSuspects(
  pool: Pool,
  workflows: Workflows,
  onProgress: (done: string) => void,
): Promise<{ compared: number; suspects: string[] }> {
  const same = new Set<number>();
  const suspects = new Set<string>();
  let compared = 0;
  for await (const page of pagesOf(workflows.running())) {
    const rows = await rowsById(
      pool,
      page.map(({ instanceId }) => instanceId),
    );
    for (const seen of page) {
      const row = rows.get(seen.instanceId);
      if (row && row.state === seen.state && isSameSecond(row.releaseTime, seen.releaseTime))
        same.add(row.seq);
      else suspects.add(seen.instanceId);
    }
    compared += page.length;
    onProgress(`${compared} workflows compared`);
  }
  for await (const row of living(pool)) if (!same.has(row.seq)) suspects.add(row.id);
  return { compared, suspects: [...suspects] };
}

async function* pagesOf<T>(all: AsyncIterable<T>): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const one of all) {
    page.push(one);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length) yield page;
}

interface SelectedLife extends Situation {
  id: string;
  seq: number;
  step: number;
}

/** A legal hold has no time at which it releases (L16). */
const SELECT = `
  SELECT id, seq, step, state, CASE WHEN state <> 'isolated' OR life->'protection'->>'holdRelease' IS DISTINCT FROM 'true'
    THEN coalesce(life->>'purgeTime', life->'termination'->>'at') END AS "releaseTime" FROM instances`;

async function rowsById(pool: Pool, ids: string[]): Promise<Map<string, SelectedLife>> {
  const { rows } = await pool.query<SelectedLife>(`${SELECT} WHERE id = ANY ($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

async function* living(pool: Pool): AsyncGenerator<SelectedLife> {
  for (let after = 0; ; ) {
    const { rows } = await pool.query<SelectedLife>(
      `${SELECT} WHERE seq > $1 AND state <> 'terminated' ORDER BY seq LIMIT ${PAGE}`,
      [after],
    );
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.seq;
  }
}

const secondOf = (instant: string | null | undefined): number | null =>
  instant ? Math.floor(msOf(instant) / 1000) : null;
/** Lists may keep fewer digits than we do. */
const isSameSecond = (a: string | null, b: string | null | undefined): boolean => secondOf(a) === secondOf(b);

/**
 * Goes through both sides: living instances without a running workflow, and running workflows of which no row
 * is known. Lists lag behind, so each has to be asked before anything is said of it.
 */
export async function unpaired(
  pool: Pool,
  workflows: Pick<Workflows, 'running'>,
): Promise<{ lives: string[]; workflows: string[] }> {
  const seen = new Set<number>();
  const strangers: string[] = [];
  for await (const page of pagesOf(workflows.running())) {
    const ids = page.map(({ instanceId }) => instanceId);
    const rows = await rowsById(pool, ids);
    for (const { seq } of rows.values()) seen.add(seq);
    strangers.push(...ids.filter((id) => !rows.has(id)));
  }
  const lives: string[] = [];
  for await (const row of living(pool)) if (!seen.has(row.seq)) lives.push(row.id);
  return { lives, workflows: strangers };
}

/**
 * Asks each one, and does something with what it says. Each that does not answer holds up for seconds, so
 * after enough of them the others count as silent unasked.
 */
export async function lookAtEach(
  workflows: Pick<Workflows, 'look'>,
  ids: readonly string[],
  use: (id: string, seen: Seen) => Promise<void>,
): Promise<void> {
  let silent = 0;
  await eachAtOnce(ids, ASKED_AT_ONCE, async (id) => {
    const seen: Seen =
      silent < ENOUGH_SILENCE
        ? await workflows.look(id)
        : { is: 'silent', reason: 'so many do not that it was not asked' };
    if (seen.is === 'silent') silent += 1;
    await use(id, seen);
  });
}

/**
 * Asks each one; what is certain, or asked for the last time, goes into `details`. @returns those to be asked
 * again
 */
async function stillDiffering(
  pool: Pool,
  workflows: Workflows,
  ids: string[],
  { details, lost }: { details: Map<string, string>; lost: string[] },
  isLast: boolean,
): Promise<string[]> {
  const again: string[] = [];
  await eachAtOnce(ids, ASKED_AT_ONCE, async (id) => {
    const seen = await workflows.look(id);
    // Read after the workflow was asked: a living instance whose workflow had ended by then will not get
    // another one.
    const detail = differenceOf((await rowsById(pool, [id])).get(id), seen);
    if (detail === undefined) return;
    const isGone = seen.is === 'closed' || seen.is === 'missing';
    if (isGone) lost.push(id);
    if (isLast || isGone) details.set(id, detail);
    else again.push(id);
  });
  return again;
}

function differenceOf(row: SelectedLife | undefined, seen: Seen): string | undefined {
  const hasEnded = !row || row.state === 'terminated';
  if (seen.is === 'missing') return hasEnded ? undefined : `is ${row.state}, and has no workflow`;
  if (seen.is === 'closed')
    return hasEnded ? undefined : `is ${row.state}, and its workflow is closed (${seen.how})`;
  if (!row) return 'has a running workflow, and no row';
  if (hasEnded) return 'is terminated, and its workflow runs on';
  if (seen.is === 'silent') return `its workflow does not answer: ${seen.reason}`;
  return differenceOfLives(row, seen.life);
}

function differenceOfLives(
  row: SelectedLife,
  life: (Situation & { step: number }) | null,
): string | undefined {
  if (!life) return `is at step ${row.step}, its workflow has not begun`;
  const said = [
    row.step !== life.step && `step ${row.step}, its workflow’s ${life.step}`,
    row.state !== life.state && `state ${row.state}, its workflow’s ${life.state}`,
    row.releaseTime !== life.releaseTime &&
      `release at ${row.releaseTime ?? 'no time'}, its workflow’s at ${life.releaseTime ?? 'no time'}`,
  ].filter((part) => part !== false);
  return said.length ? said.join('; ') : undefined;
}

/**
 * The watch over lives (L14): finds those whose workflow is gone, does not answer, or has slept through a
 * deadline, within a minute or two, and keeps what it saw for `/metrics` and `sunset doctor`. It repairs
 * nothing but what a look repairs: asking a workflow wakes it. Whoever ended one by hand had a reason;
 * `sunset repair` and the nightly audit start it again.
 */
import { heldUpItems } from '../store/agreements/items';
import { lookAtEach, type Seen, TemporalAway, unpaired, type Workflows } from '../store/audit/workflows';
import type { Pool } from '../store/db';
import {
  claimWatch,
  countLiving,
  keepWatch,
  lastWatch,
  overdueLives,
  statesOf,
  type Trouble,
} from '../store/lives/watch';
import { type LoopOptions, startLoop } from './loop';

/** How long past a deadline, or an agreement, counts as late. */
const LATE_SECONDS = 60;
const AT_MOST = 1000;
/** Both sides are gone through one by one when their numbers differ, but no more often than this… */
const WHOLE_EVERY_MS = 300_000;
/** … and for no more than this part of the time: of very many lives some are always just beginning or ending. */
const WHOLE_SHARE = 1 / 20;

/** @param options.everyMs among all workers: one of them looks */
export function startWatch(
  pool: Pool,
  workflows: Workflows,
  options: LoopOptions,
): { stop(): Promise<void> } {
  let wholeFrom = 0;
  const round = async (): Promise<void> => {
    // A little less than the pause, or the claim of the last round would still hold.
    if (!(await claimWatch(pool, options.everyMs * 0.9))) return;
    const began = Date.now();
    if (await watchOnce(pool, workflows, began >= wholeFrom))
      wholeFrom = Date.now() + Math.max(WHOLE_EVERY_MS, (Date.now() - began) / WHOLE_SHARE);
  };
  return startLoop(() => round().catch(unlessAway), options);
}

/** Without Temporal nothing is known: what was seen last grows old, which is a metric too. */
function unlessAway(error: unknown): void {
  if (!(error instanceof TemporalAway)) throw error;
}

/**
 * One look.
 * @param mayGoThrough whether both sides may be gone through one by one
 * @returns whether they were
 */
export async function watchOnce(pool: Pool, workflows: Workflows, mayGoThrough: boolean): Promise<boolean> {
  const overdue = await overdueLives(pool, LATE_SECONDS, AT_MOST);
  const goThrough = mayGoThrough && (await countLiving(pool)) !== (await workflows.count());
  const { lives, workflows: strangers } = goThrough
    ? await unpaired(pool, workflows)
    : { lives: [], workflows: [] };
  const suspects = new Set([
    ...lives,
    ...(await workflows.fallen()),
    // Until it is put right, what was seen stays in sight.
    ...(await stillInSight(pool)),
    ...overdue.map(({ id }) => id),
    ...(await heldUpItems(pool, LATE_SECONDS * 1000, AT_MOST)).map(({ instanceId }) => instanceId),
    ...strangers,
  ]);
  const seen = new Map<string, Seen>();
  await lookAtEach(workflows, [...suspects].slice(0, AT_MOST), async (id, one) => void seen.set(id, one));
  const late = new Map((await overdueLives(pool, LATE_SECONDS, AT_MOST)).map(({ id, due }) => [id, due]));
  // Read once more: one that had ended by the time it was asked has no workflow, and needs none.
  const rows = await statesOf(pool, [...seen.keys()]);
  const troubles = [...seen].map(([id, one]) => {
    const state = rows.get(id);
    if (state === undefined) return unregistered(id, one);
    return state === 'terminated' ? undefined : troubleOf(id, one, late.get(id));
  });
  await keepWatch(
    pool,
    troubles.filter((one) => one !== undefined),
  );
  return goThrough;
}

const stillInSight = async (pool: Pool): Promise<string[]> =>
  ((await lastWatch(pool))?.troubles ?? []).map((one) => one.instanceId);

/**
 * A workflow without a row: its registration is not recorded, and maybe never was one. One that has a row by
 * the next look is none.
 */
function unregistered(instanceId: string, seen: Seen): Omit<Trouble, 'since'> | undefined {
  if (seen.is !== 'running' && seen.is !== 'silent') return undefined;
  return { instanceId, kind: 'stuck', detail: 'it has a workflow, and its registration is not recorded' };
}

function troubleOf(
  instanceId: string,
  seen: Seen,
  due: string | undefined,
): Omit<Trouble, 'since'> | undefined {
  switch (seen.is) {
    case 'missing':
      return { instanceId, kind: 'lost', detail: 'it has no workflow in Temporal' };
    case 'closed':
      return { instanceId, kind: 'lost', detail: `its workflow is closed (${seen.how})` };
    case 'silent':
      return { instanceId, kind: 'stuck', detail: `its workflow does not answer: ${seen.reason}` };
    case 'running':
      if (!seen.life) return { instanceId, kind: 'stuck', detail: 'its workflow has not begun' };
      return due === undefined
        ? undefined
        : { instanceId, kind: 'overdue', detail: `a deadline of ${due} is not taken` };
  }
}

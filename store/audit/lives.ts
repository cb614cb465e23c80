/**
 * What must be true of lives: the timeline has no gap, every step was allowed and in time, and the read model
 * is where it ends.
 */

import { COMMANDS, type CommandRules, SAME } from '../../domain/commands';
import { goalOf, isTold, passing, restingGoal } from '../../domain/crossing';
import type { State } from '../../domain/instance';
import type { DeadlineKind } from '../../domain/lifecycle';
import { type Check, sqlCheck } from './check';

type CommandTarget = State | typeof SAME;
const PASSING = ['changing', 'isolating', 'restoring', 'terminating'] as const;
const LIVING = COMMANDS.terminate.from;
const DEADLINES: Record<DeadlineKind, { from: readonly State[]; to: readonly CommandTarget[] }> = {
  fire: { from: LIVING, to: ['isolated', 'terminated'] },
  release: { from: ['isolated'], to: ['terminated'] },
  expire: { from: LIVING, to: ['isolated', 'expired', 'terminated'] },
  'end-orders': { from: LIVING, to: [SAME] },
};

interface Path {
  command: string;
  from: State;
  to: State;
}

/**
 * Every (command, from, to) that a step may have. The timeline names a termination by its action. Only a
 * renewal makes an expired one stopped (L11).
 */
function paths(): Path[] {
  const rules = [
    ...Object.entries<CommandRules>(COMMANDS).map(([command, { from, leadsTo }]) => ({
      command,
      from,
      to: leadsTo,
    })),
    { command: 'return', from: COMMANDS.terminate.from, to: ['isolated'] as const },
    { command: 'return-renewals', from: COMMANDS.terminate.from, to: [SAME] as const },
    ...Object.entries(DEADLINES).map(([command, { from, to }]) => ({ command, from, to })),
  ];
  const all: Path[] = rules.flatMap(({ command, from, to }) =>
    from.flatMap((state) =>
      to.map((target) => ({ command, from: state, to: target === SAME ? state : target })),
    ),
  );
  return all.filter(
    ({ command, from, to }) => command !== 'amend' || (from === 'expired' ? to === 'stopped' : to === from),
  );
}

/**
 * The same with a control plane that carries steps out: what moves a machine sets out, and arrives or turns back; what the
 * books refuse at its arrival is sent back first. What was told of operations is so by being told.
 */
function pathsOfMachines(): Path[] {
  const carriedOut = paths().flatMap((path) => {
    const { command, from, to } = path;
    const goal = command === 'apply' ? restingGoal(to) : goalOf(from, to);
    if (isTold(command) || goal === undefined) return [path];
    const there = passing(from, goal);
    const back = passing(there, restingGoal(from) ?? goal);
    return [
      { command, from, to: there },
      { command, from: there, to },
      { command: 'turned-back', from: there, to: from },
      { command: 'sent-back', from: there, to: back },
      { command: 'turned-back', from: back, to: from },
    ];
  });
  const still = PASSING.flatMap((state) =>
    ['attention', 'resolve'].map((command) => ({ command, from: state, to: state })),
  );
  return [...carriedOut, ...still];
}

const namesOf = (all: Path[]): string[] => all.map(({ command, from, to }) => `${command} ${from} ${to}`);

const noGaps = sqlCheck(
  'steps',
  'steps are numbered from 0 without gaps',
  `WITH numbered AS (SELECT instance_id, step, lag(step, 1, -1) OVER (PARTITION BY instance_id ORDER BY step) AS before FROM steps)
   SELECT instance_id || '/' || (before + 1) AS id, 'is missing: step ' || step || ' follows ' || before AS detail FROM numbered WHERE step <> before + 1
   UNION ALL
   SELECT id || '/0', 'is missing: the instance has no steps' FROM instances i WHERE NOT EXISTS (SELECT FROM steps s WHERE s.instance_id = i.id)`,
);

const transitions = sqlCheck(
  'transitions',
  'every step starts where the one before ended, and leads where its command may',
  `WITH s AS (SELECT *, lag(to_state) OVER (PARTITION BY instance_id ORDER BY step) AS previous FROM steps)
   SELECT instance_id || '/' || step AS id,
     format('%s %s: %s → %s after %s', command, outcome, coalesce(from_state, 'nothing'), to_state, coalesce(previous, 'nothing')) AS detail
   FROM s WHERE CASE
     WHEN step = 0 THEN command <> 'register' OR outcome <> 'done' OR from_state IS NOT NULL
     WHEN from_state IS DISTINCT FROM previous THEN true
     WHEN outcome = 'refused' THEN to_state <> from_state
     WHEN life ? 'driver' THEN concat_ws(' ', command, from_state, to_state) <> ALL ($2::text[])
     ELSE concat_ws(' ', command, from_state, to_state) <> ALL ($1::text[]) END`,
  [namesOf(paths()), namesOf(pathsOfMachines())],
);

/**
 * A step that a control plane carries out begins, and nothing but its own arrival, turning back or sending back ends it: no
 * money without a machine that has come to where it was to go (decision 7).
 */
const crossings = sqlCheck(
  'crossings',
  'a life in passing has set out once, and leaves only by arriving, turning back or being sent back',
  `WITH s AS (SELECT *, lag(life) OVER w AS before, lag(command) OVER w AS previous FROM steps WINDOW w AS (PARTITION BY instance_id ORDER BY step)),
   c AS (SELECT s.*, before->'crossing' AS way, substring(command_id FROM '^sunset/(arrived|turned-back|sent-back)/') AS ends,
     (SELECT o.command FROM steps o WHERE o.instance_id = s.instance_id AND o.step = (before->'crossing'->>'step')::int) AS began FROM s)
   SELECT instance_id || '/' || step AS id, format('%s: %s → %s, %s', command, coalesce(from_state, 'nothing'), to_state,
     CASE WHEN way IS NULL THEN 'and nothing was on its way' ELSE format('on its way from %s to %s since step %s (%s)', way->>'from', way->>'goal',
       way->>'step', coalesce(began, 'missing')) END) AS detail
   FROM c WHERE outcome = 'done' AND CASE
     WHEN ends IS NOT NULL THEN way IS NULL OR began IS NULL OR command_id <> format('sunset/%s/%s', ends, way->>'step')
       OR (life ? 'crossing') <> (ends = 'sent-back') OR (ends = 'arrived' AND (command <> began OR way ? 'back'))
       OR (ends = 'turned-back' AND to_state <> way->>'from') OR (ends <> 'arrived' AND command <> ends)
     WHEN way IS NOT NULL THEN command NOT IN ('attention', 'resolve') OR life->'crossing'->>'step' IS DISTINCT FROM way->>'step'
     WHEN life ? 'crossing' THEN NOT life ? 'driver' OR (life->'crossing'->>'step')::int <> step OR life->'crossing'->>'from' IS DISTINCT FROM from_state
     ELSE to_state IN ('isolating', 'restoring', 'terminating') OR (to_state = 'changing' AND step > 0
       AND command NOT IN ('begin-operation') AND from_state <> 'changing') END`,
);

/**
 * Held against the life as it was before the step: what a step says of itself could be wrong in the same way.
 * Clocks go by the millisecond, and orders may be registered to the nanosecond.
 */
const inTime = sqlCheck(
  'in-time',
  'nothing was released, fired or ended before its time',
  `WITH s AS (SELECT *, lag(life) OVER (PARTITION BY instance_id ORDER BY step) AS before FROM steps),
   due AS (
     SELECT instance_id, step, command, effective_at, CASE command
       WHEN 'release' THEN (before->>'purgeTime')::timestamptz
       WHEN 'fire' THEN (before->'termination'->>'at')::timestamptz
       ELSE (SELECT min((o->>'endsAt')::timestamptz) FROM jsonb_array_elements(before->'orders') AS o) END AS due
     FROM s WHERE command IN ('release', 'fire', 'expire', 'end-orders') AND outcome = 'done')
   SELECT instance_id || '/' || step AS id, format('%s at %s, due %s', command, effective_at, coalesce(due::text, 'never')) AS detail
   FROM due WHERE due IS NULL OR effective_at < date_trunc('milliseconds', due)`,
);

const ownLife = sqlCheck(
  'step-lives',
  'a step’s columns say what its life says',
  `SELECT instance_id || '/' || step AS id, format('%s of %s, its life: %s of %s, step %s', to_state, instance_id, life->>'state', life->>'id', life->>'step') AS detail
   FROM steps WHERE to_state IS DISTINCT FROM life->>'state' OR instance_id IS DISTINCT FROM life->>'id' OR step IS DISTINCT FROM (life->>'step')::int`,
);

const readModel = sqlCheck(
  'read-model',
  'an instance’s row is its last step’s life',
  `SELECT i.id, concat_ws('; ',
     CASE WHEN i.step IS DISTINCT FROM s.step THEN format('step %s, the last is %s', i.step, s.step) END,
     CASE WHEN i.state IS DISTINCT FROM s.to_state THEN format('state %s, after the last step %s', i.state, s.to_state) END,
     CASE WHEN i.purge_time IS DISTINCT FROM (s.life->>'purgeTime')::timestamptz
       THEN format('purge time %s, after the last step %s', coalesce(i.purge_time::text, 'none'), coalesce(s.life->>'purgeTime', 'none')) END,
     CASE WHEN i.isolated_at IS DISTINCT FROM (s.life->>'isolatedAt')::timestamptz
       THEN format('isolated at %s, after the last step %s', coalesce(i.isolated_at::text, 'never'), coalesce(s.life->>'isolatedAt', 'never')) END,
     CASE WHEN i.life IS DISTINCT FROM s.life THEN 'another life than after the last step' END,
     CASE WHEN (i.account, i.product, i.billing) IS DISTINCT FROM (s.life->>'account', s.life->>'product', s.life->>'billing')
       THEN 'another account, product or billing than its life' END) AS detail
   FROM instances i JOIN LATERAL (SELECT * FROM steps WHERE instance_id = i.id ORDER BY step DESC LIMIT 1) s ON true
   WHERE (i.step, i.state, i.purge_time, i.isolated_at, i.life, i.account, i.product, i.billing) IS DISTINCT FROM
     (s.step, s.to_state, (s.life->>'purgeTime')::timestamptz, (s.life->>'isolatedAt')::timestamptz, s.life,
      s.life->>'account', s.life->>'product', s.life->>'billing')`,
);

const openOrders = sqlCheck(
  'open-orders',
  'the orders that a life still waits for are those that are open',
  `SELECT i.id, format('open: %s; its life has %s', coalesce(stored.ids, 'none'), coalesce(known.ids, 'none')) AS detail
   FROM instances i
   CROSS JOIN LATERAL (SELECT string_agg(id, ', ' ORDER BY id) AS ids FROM orders
     WHERE instance_id = i.id AND closed_at IS NULL AND ended_at IS NULL) stored
   CROSS JOIN LATERAL (SELECT string_agg(o->>'id', ', ' ORDER BY o->>'id') AS ids FROM jsonb_array_elements(i.life->'orders') AS o) known
   WHERE stored.ids IS DISTINCT FROM known.ids`,
);

/**
 * An instance that nobody pays for any more has ended, or expired. While an operation goes on, its end waits
 * (L11).
 */
const paidFor = sqlCheck(
  'open-term',
  'a living prepaid instance has an open purchase or renewal (M18)',
  `SELECT i.id, format('is %s, and none of its purchases and renewals is open', i.state) AS detail
   FROM instances i WHERE i.billing = 'prepaid' AND i.state IN ('running', 'stopped', 'changing') AND NOT EXISTS (
     SELECT FROM orders o WHERE o.instance_id = i.id AND o.document->>'kind' <> 'upgrade' AND o.closed_at IS NULL AND o.ended_at IS NULL)`,
);

/** L9. A restore starts billing again, so every stop of the timeline counts, up to the step that ended it. */
const usage = sqlCheck(
  'usage',
  'no usage is charged while billing is stopped',
  `WITH stops AS (
     SELECT instance_id, (life->>'billingStoppedAt')::timestamptz AS stopped,
       lead(effective_at, 1, 'infinity') OVER (PARTITION BY instance_id ORDER BY step) AS until FROM steps),
   charged AS (SELECT id, instance_id, starts_at, coalesce(charged_until, ends_at) AS until FROM usage)
   SELECT DISTINCT c.id, format('of %s, charged from %s to %s; billing stopped at %s', c.instance_id, c.starts_at, c.until, s.stopped) AS detail
   FROM charged c JOIN stops s USING (instance_id) WHERE c.until > c.starts_at AND s.stopped < c.until AND s.until > c.starts_at`,
);

export const LIVES: Check[] = [
  noGaps,
  transitions,
  crossings,
  inTime,
  ownLife,
  readModel,
  openOrders,
  paidFor,
  usage,
];

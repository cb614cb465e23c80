/**
 * What has only been held up: it is put right where that needs nothing but another push, and is a finding
 * where a push does not help.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptedItems, heldUpItems, type ToSend } from '../agreements/items';
import { sealWaiting } from '../books/seal';
import { isReadOnly, type Pool } from '../db';
import type { Finding } from './check';
import { lookAtEach, TemporalAway, type Workflows } from './workflows';

/**
 * Something that was put right: a seal was made, an item carried out, a deadline taken, all of them late; or
 * a lost workflow started again.
 */
export interface Healed {
  what: 'seal' | 'item' | 'deadline' | 'workflow';
  /** Of the transaction, the item (`t_1/web-1`) or the instance. */
  id: string;
}

export const LATE_CHECK = {
  name: 'late',
  title: 'nothing that is due, agreed to or booked still waits a minute later',
};

interface Late {
  id: string;
  detail: string;
}

interface Remedy {
  what: Healed['what'];
  /** What is late by so many seconds now. */
  late(seconds: number): Promise<Late[]>;
  /** What has been waiting for so many seconds, though it may not be late; missing: the same. */
  waiting?(seconds: number): Promise<Late[]>;
  push(late: Late[], seconds: number): Promise<void>;
}

/** How often it is looked whether the push has helped. */
const LOOKS = 6;
const AT_MOST = 10_000;

/** Pushes what is late by more than `seconds`, and says what that has put right and what it has not. */
export async function healLate(
  pool: Pool,
  workflows: Workflows,
  { seconds, pauseMs }: { seconds: number; pauseMs: number },
): Promise<{ healed: Healed[]; findings: Finding[] }> {
  const healed: Healed[] = [];
  const findings: Finding[] = [];
  for (const remedy of [sealing(pool), sending(pool, workflows), waking(pool, workflows)]) {
    const before = await remedy.late(seconds);
    if (!before.length) continue;
    const hindrance = await remedy.push(before, seconds).then(() => 'another push did not help', hindranceOf);
    const left = await leftOf(before, () => (remedy.waiting ?? remedy.late)(seconds), pauseMs);
    healed.push(...before.filter(({ id }) => !left.has(id)).map(({ id }) => ({ what: remedy.what, id })));
    findings.push(
      ...[...left.values()].map(({ id, detail }) => ({
        check: LATE_CHECK.name,
        id,
        detail: `${detail}: ${hindrance}`,
      })),
    );
  }
  return { healed, findings };
}

/** Why nothing could be pushed, when that is no mistake of ours. */
function hindranceOf(error: unknown): string {
  if (error instanceof TemporalAway) return `Temporal can't be asked (${error.message})`;
  if (isReadOnly(error)) return 'this connection may only read';
  throw error;
}

/**
 * Of those that were late before, those that still are, after some patience. What has become late meanwhile
 * is not of this audit.
 */
async function leftOf(
  before: Late[],
  late: () => Promise<Late[]>,
  pauseMs: number,
): Promise<Map<string, Late>> {
  const ids = new Set(before.map(({ id }) => id));
  for (let look = 1; ; look++) {
    const left = (await late()).filter(({ id }) => ids.has(id));
    if (!left.length || look === LOOKS) return new Map(left.map((one) => [one.id, one]));
    await sleep(pauseMs);
  }
}

const sealing = (pool: Pool): Remedy => ({
  what: 'seal',
  late: async (seconds) => {
    const { rows } = await pool.query<{ id: string; recordedAt: string }>(
      `SELECT t.id, t.recorded_at AS "recordedAt" FROM unsealed JOIN transactions t USING (seq)
       WHERE t.recorded_at < clock_timestamp() - make_interval(secs => $1) ORDER BY seq LIMIT ${AT_MOST}`,
      [seconds],
    );
    return rows.map(({ id, recordedAt }) => ({ id, detail: `booked at ${recordedAt}, waits for its seal` }));
  },
  push: async () => {
    while ((await sealWaiting(pool)).length) {
      // Batch by batch.
    }
  },
});

/** One of thousands that only waits for its turn to be sent is not late; but once late, it is until it is carried out. */
const sending = (pool: Pool, workflows: Workflows): Remedy => {
  const told = (items: ToSend[], seconds: number): Late[] =>
    items.map(({ message }) => ({
      id: message.id,
      detail: `accepted more than ${seconds} s ago and not carried out`,
    }));
  return {
    what: 'item',
    late: async (seconds) => told(await heldUpItems(pool, seconds * 1000, AT_MOST), seconds),
    waiting: async (seconds) => told(await acceptedItems(pool, seconds * 1000, AT_MOST), seconds),
    push: async (_, seconds) => workflows.sendAgain(seconds * 1000),
  };
};

const waking = (pool: Pool, workflows: Workflows): Remedy => ({
  what: 'deadline',
  late: async (seconds) => {
    const { rows } = await pool.query<{ id: string; state: string; due: string }>(OVERDUE, [seconds]);
    return rows.map(({ id, state, due }) => ({
      id,
      detail: `is ${state}, though a deadline of it was at ${due}`,
    }));
  },
  push: async (late) => {
    const ids = late.map(({ id }) => id);
    await lookAtEach(workflows, ids, async (id, { is }) => {
      // L14: nothing else would ever take it.
      if (is === 'closed' || is === 'missing') await workflows.startAgain(id);
    });
  },
});

/** Deadlines that have passed on the instance's own clock (decision 1); `changing` holds them back (L11). */
const OVERDUE = `
  SELECT id, state, due FROM instances CROSS JOIN LATERAL (SELECT CASE
    -- A legal hold keeps it past its time (L16).
    WHEN state = 'isolated' THEN CASE WHEN life->'protection'->>'holdRelease' = 'true' THEN NULL
      ELSE coalesce((life->>'releaseFrom')::timestamptz, purge_time) END
    WHEN state IN ('running', 'stopped', 'expired') THEN least((life->'termination'->>'at')::timestamptz,
      (SELECT min((o->>'endsAt')::timestamptz) FROM jsonb_array_elements(life->'orders') AS o)) END AS due) d
  WHERE state <> 'terminated'
    AND due < clock_timestamp() + make_interval(secs => clock_offset_ms / 1000.0) - make_interval(secs => $1)
  ORDER BY seq LIMIT ${AT_MOST}`;

/**
 * The table `outbox`: what others are to be told, kept with what it tells of. Written here only.
 *
 * Readers go by `position`. The number that a row is made with won't do: it is given before the commit, so of
 * two that are under way at once the lower one may appear after the higher one, and a reader who has passed
 * the higher one would never see it. The oldest transaction under way would be a safe horizon, but its number
 * is one server's (decision 23), and one long transaction anywhere holds everything back. So, like the seal, a
 * publisher numbers what is committed, one at a time: what commits late is numbered late, and nothing is
 * skipped. Steps of one instance keep their order, because each commits before the next one is written.
 */
import type { EventType } from '../domain/events';
import { type Db, isAlone, type Pool, prepared, type Transaction, transaction } from './db';
import { Conditions } from './paging';

export interface OutboxMessage {
  topic: EventType;
  instanceId?: string;
  /** Whom it concerns; missing: the instance's. Several are told apart. */
  accounts?: string[];
  /** Of a step. */
  step?: number;
  payload: {
    /** What happened, in the words of the timeline. */
    command: string;
    /** The instance's clock; missing: the wall clock. */
    effectiveAt?: string;
    from?: string | null;
    to?: string;
    refundId?: string | null;
    terminationId?: string;
    requestId?: string;
  };
}

const POST = prepared(
  'INSERT INTO outbox (topic, instance_id, account, step, payload) SELECT $1, $2, unnest($3::text[]), $4, $5',
);

export async function post(
  tx: Transaction,
  { topic, instanceId, accounts, step, payload }: OutboxMessage,
): Promise<void> {
  await tx.query(POST([topic, instanceId ?? null, accounts ?? [null], step ?? null, payload]));
}

/** Any number that nothing else locks; held until the transaction ends, also when its process dies. */
const PUBLISHER_LOCK = 7_032_564;
/** As many as are published in one transaction. */
export const PUBLISHED_AT_ONCE = 500;

const WAITING = prepared('SELECT FROM outbox WHERE position IS NULL LIMIT 1');

const PUBLISH = prepared(
  `WITH waiting AS MATERIALIZED (SELECT id FROM outbox WHERE position IS NULL ORDER BY id LIMIT $1),
     numbered AS MATERIALIZED (SELECT id, nextval('outbox_position') AS position FROM waiting ORDER BY id)
   UPDATE outbox o SET position = numbered.position,
     account = coalesce(o.account, (SELECT i.account FROM instances i WHERE i.id = o.instance_id))
   FROM numbered WHERE o.id = numbered.id`,
);

/**
 * Numbers what is committed and waits, up to `limit`, in the order in which it was posted.
 * @returns how much; 0 when nothing waits, or when another publisher is at it
 */
export async function publishWaiting(pool: Pool, limit = PUBLISHED_AT_ONCE): Promise<number> {
  // Mostly there is nothing, and it is asked for often.
  if (!(await pool.query(WAITING([]))).rowCount) return 0;
  return await transaction(pool, async (tx) => {
    if (!(await isAlone(tx, PUBLISHER_LOCK))) return 0;
    // A statement of its own: it sees what the publisher before has committed.
    return (await tx.query(PUBLISH([limit]))).rowCount ?? 0;
  });
}

export interface EventRow {
  position: number;
  topic: EventType;
  account: string | null;
  instanceId: string | null;
  step: number | null;
  payload: OutboxMessage['payload'];
  recordedAt: string;
}

export interface EventFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant?: string | undefined;
  account?: string | undefined;
  /** Exclusive. */
  after: number;
  /** Inclusive; missing: to the end. */
  upTo?: number | undefined;
}

/** What has been published, in its order. */
export async function eventsAfter(
  db: Db,
  { tenant, account, after, upTo }: EventFilter,
  limit: number,
): Promise<EventRow[]> {
  const conditions = new Conditions()
    .add('position > ?::bigint', after)
    .add('position <= ?::bigint', upTo)
    .add('account = ?', tenant)
    .add('account = ?', account);
  const { rows } = await db.query<EventRow>(
    `SELECT position, topic, account, instance_id AS "instanceId", step, payload, recorded_at AS "recordedAt"
     FROM outbox ${conditions.where} ORDER BY position LIMIT ${conditions.parameter(limit)}`,
    conditions.values,
  );
  return rows;
}

/** The position of what was published last; 0 before the first. */
export async function headOfEvents(db: Db): Promise<number> {
  const { rows } = await db.query<{ head: number | null }>('SELECT max(position) AS head FROM outbox');
  return rows[0]!.head ?? 0;
}

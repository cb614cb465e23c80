/** The table `orders`: what was paid for. Written here only. */
import type { Order, StoredOrder } from '../../domain/instance';
import { prepared, type Transaction } from '../db';

type Settled = Pick<StoredOrder, 'closedAt' | 'endedAt'>;

const INSERT_ORDERS = prepared(
  `INSERT INTO orders (instance_id, id, position, document, closed_at, ended_at)
     SELECT $1, document->>'id', $2::int + place - 1, document, $4, $5
     FROM json_array_elements($3::json) WITH ORDINALITY AS o (document, place)`,
);

/**
 * `position`: the place of the first one among the instance's orders. One statement, however many there are.
 */
export async function insertOrders(
  tx: Transaction,
  instanceId: string,
  position: number,
  orders: Order[],
  { closedAt, endedAt }: Settled = { closedAt: null, endedAt: null },
): Promise<void> {
  await tx.query(INSERT_ORDERS([instanceId, position, JSON.stringify(orders), closedAt, endedAt]));
}

const CLOSE_ORDERS = prepared('UPDATE orders SET closed_at = $3 WHERE instance_id = $1 AND id = ANY($2)');

/** They have come back: closed ones count in no formula (M15). */
export async function closeOrders(
  tx: Transaction,
  instanceId: string,
  ids: string[],
  at: string,
): Promise<void> {
  await tx.query(CLOSE_ORDERS([instanceId, ids, at]));
}

const END_ORDERS = prepared(
  `UPDATE orders SET ended_at = least((document->>'endsAt')::timestamptz, $3) WHERE instance_id = $1 AND id = ANY($2)`,
);

/**
 * J3: an order has ended at its end, however late that is carried out; or now, when its instance ends before
 * it.
 */
export async function endOrders(
  tx: Transaction,
  instanceId: string,
  ids: string[],
  at: string,
): Promise<void> {
  await tx.query(END_ORDERS([instanceId, ids, at]));
}

const REOPEN_ORDERS = prepared(
  `UPDATE orders o SET closed_at = NULL, document = again.document::jsonb
     FROM json_array_elements($2::json) AS again (document) WHERE o.instance_id = $1 AND o.id = again.document->>'id'`,
);

/** Opens closed orders again, as they now are (M20). */
export async function reopenOrders(tx: Transaction, instanceId: string, orders: Order[]): Promise<void> {
  await tx.query(REOPEN_ORDERS([instanceId, JSON.stringify(orders)]));
}

/** The table `outbox`: what others are to be told, kept with what it tells of. Written here only. */
import { prepared, type Transaction } from './db';

export interface OutboxMessage {
  topic: 'instance.changed' | 'instance.refused';
  instanceId: string;
  step: number;
  payload: object;
}

const POST = prepared('INSERT INTO outbox (topic, instance_id, step, payload) VALUES ($1, $2, $3, $4)');

export async function post(
  tx: Transaction,
  { topic, instanceId, step, payload }: OutboxMessage,
): Promise<void> {
  await tx.query(POST([topic, instanceId, step, payload]));
}

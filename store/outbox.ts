/** The table `outbox`: what others are to be told, kept with what it tells of. Written here only. */
import type { Transaction } from './db';

export interface OutboxMessage {
  topic: 'instance.changed' | 'instance.refused';
  instanceId: string;
  step: number;
  payload: object;
}

export async function post(
  tx: Transaction,
  { topic, instanceId, step, payload }: OutboxMessage,
): Promise<void> {
  await tx.query('INSERT INTO outbox (topic, instance_id, step, payload) VALUES ($1, $2, $3, $4)', [
    topic,
    instanceId,
    step,
    payload,
  ]);
}

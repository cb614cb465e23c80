/** Events as callers see them, in a page and on the wire of a stream. */
import type { EventAnswer } from '../../contract/events';
import type { EventRow } from '../../store/outbox';

export function presentEvent(row: EventRow): EventAnswer {
  const { position, topic, account, instanceId, step, payload, recordedAt } = row;
  const { command, from, to, refundId, terminationId, requestId, effectiveAt } = payload;
  return {
    id: String(position),
    type: topic,
    account,
    instanceId,
    step,
    command,
    from: from ?? null,
    to: to ?? null,
    refundId: refundId ?? null,
    terminationId: terminationId ?? null,
    requestId: requestId ?? null,
    effectiveAt: effectiveAt ?? recordedAt,
    recordedAt,
  };
}

/** One event of a stream (HTML, “Server-sent events”). JSON has no line breaks of its own. */
export const eventText = (row: EventRow): string =>
  `id: ${row.position}\nevent: ${row.topic}\ndata: ${JSON.stringify(presentEvent(row))}\n\n`;

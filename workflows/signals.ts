import type { Command } from '../domain/commands';
import type { SignalName, SignalPayload } from './messages';
import { isCommandId, isMonths, isText } from './sound';

/**
 * What a signal asks for: a command, a termination that must be agreed to and quoted first, or nothing that
 * makes sense.
 */
export type ReadMessage =
  | { command: Command }
  | { acceptance: { quoteId: string | undefined; mode: 'now' | 'later' } }
  | { refused: string };

/**
 * Reads a signal's payload, which anyone may have typed by hand. It never throws: a failed workflow would be
 * worse than a refused row. Irreversible ones are held to the same acknowledgements as the API's (L6, L10).
 */
export function readSignal(name: SignalName, instanceId: string, payload: SignalPayload): ReadMessage {
  switch (name) {
    case 'cancel':
      return { command: { name } };
    case 'purge':
      return payload.confirm === instanceId ? { command: { name } } : { refused: 'CONFIRM_MISMATCH' };
    case 'restore':
      return readRestore(payload);
    case 'terminate':
      return readTerminate(payload);
  }
}

/**
 * Reads what nobody vouches for. It can state no money: a payment that is stated and then not counted would
 * be worse than a refusal.
 * @see domain/signed.ts
 */
export function readUnsigned(name: SignalName, instanceId: string, payload: SignalPayload): ReadMessage {
  const { renewal } = payload as { renewal?: { paid?: unknown } | null };
  if (name === 'restore' && renewal?.paid !== undefined) return { refused: 'UNSIGNED' };
  return readSignal(name, instanceId, payload);
}

function readRestore({ renewal }: SignalPayload): ReadMessage {
  if (renewal === undefined) return { command: { name: 'restore' } };
  const months = (renewal as { months?: unknown } | null)?.months;
  if (!isMonths(months)) return { refused: 'BAD_PAYLOAD' };
  // What was paid is stated by the operator through the API only: a signal's renewal is priced and debited by
  // Sunset.
  return { command: { name: 'restore', renewal: { months } } };
}

/**
 * What is meant must be plain, because it can't be undone: a schedule that can't be read is not taken for
 * `now`.
 */
function readTerminate({ agree, quoteId, schedule }: SignalPayload): ReadMessage {
  if (agree !== true) return { refused: 'AGREEMENT_REQUIRED' };
  // A quote says itself when.
  if (quoteId !== undefined)
    return typeof quoteId === 'string' && QUOTE_ID.test(quoteId)
      ? { acceptance: { quoteId, mode: 'now' } }
      : { refused: 'BAD_PAYLOAD' };
  const mode: unknown = schedule === undefined ? 'now' : (schedule as { mode?: unknown } | null)?.mode;
  if (mode === 'now' || mode === 'later') return { acceptance: { quoteId, mode } };
  return { refused: mode === 'timed' ? 'QUOTE_REQUIRED' : 'BAD_PAYLOAD' };
}

const QUOTE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** An unsigned update read as a signal's payload: typed like one, or as the API sends its commands. */
export function payloadOfUpdate(message: unknown): SignalPayload {
  const { command, ...rest } = (typeof message === 'object' && message !== null ? message : {}) as {
    command?: unknown;
  };
  const { name: _name, ...asked } = (typeof command === 'object' && command !== null ? command : {}) as {
    name?: unknown;
  };
  return tidy({ ...asked, ...rest });
}

/** A payload as it should be, whatever was sent. An id or a name that can't be stored is as good as none. */
export function tidy(payload: unknown): SignalPayload {
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return {};
  const { id, by, ...rest } = payload as SignalPayload;
  return { ...rest, ...(isCommandId(id) ? { id } : {}), ...(isText(by) ? { by } : {}) };
}

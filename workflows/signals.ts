import type { Command } from '../domain/lifecycle';
import type { SignalName, SignalPayload } from './messages';

/** What a signal asks for: a command, a termination that must be agreed to and quoted first, or nothing that makes sense. */
export type Reading = { command: Command } | { acceptance: { quoteId: string | undefined; mode: 'now' | 'later' } } | { refused: string };

/**
 * Reads a signal's payload, which anyone may have typed by hand. It never throws: a failed workflow would be worse than a refused row.
 * Irreversible ones are held to the same acknowledgements as the API's (L6, L10).
 */
export function readSignal(name: SignalName, instanceId: string, payload: SignalPayload): Reading {
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

function readRestore({ renewal }: SignalPayload): Reading {
  if (renewal === undefined) return { command: { name: 'restore' } };
  const months = (renewal as { months?: unknown } | null)?.months;
  if (!Number.isInteger(months) || (months as number) < 1 || (months as number) > 120) return { refused: 'BAD_PAYLOAD' };
  // What was paid is stated by the operator through the API only: a signal's renewal is priced and debited by Sunset.
  return { command: { name: 'restore', renewal: { months: months as number } } };
}

function readTerminate({ agree, quoteId, schedule }: SignalPayload): Reading {
  if (agree !== true) return { refused: 'AGREEMENT_REQUIRED' };
  if (quoteId !== undefined && typeof quoteId !== 'string') return { refused: 'BAD_PAYLOAD' };
  const mode = (schedule as { mode?: unknown } | undefined)?.mode ?? 'now';
  if (mode !== 'now' && mode !== 'later') return { refused: 'QUOTE_REQUIRED' };
  return { acceptance: { quoteId, mode } };
}

/** A payload as it should be, whatever was sent. */
export function tidy(payload: unknown): SignalPayload {
  return payload !== null && typeof payload === 'object' && !Array.isArray(payload) ? (payload as SignalPayload) : {};
}

/**
 * What a timeline tells of a step beside the states: enough to understand it without looking elsewhere (L19).
 */
import type { Command } from './commands';
import type { Deadline, Life } from './lifecycle';

/** Plain JSON, of what the command says and what it changed. Instants are ISO-8601. */
export type Details = Record<string, unknown>;

/**
 * @param body the command or the deadline that the step carried out, or why it could not be; anything else tells nothing
 * @param before the life that it met
 */
export function detailsOf(body: unknown, before: Life, next: Life): Details {
  if (typeof body !== 'object' || body === null) return {};
  if ('name' in body) return ofCommand(body as Command, before, next);
  // Why a machine turned back, or what it waits for.
  if ('code' in body && 'message' in body) return { code: body.code, message: body.message };
  return 'kind' in body && 'at' in body ? { due: (body as Deadline).at } : {};
}

function ofCommand(command: Command, before: Life, next: Life): Details {
  switch (command.name) {
    case 'terminate':
      return { terminationId: command.terminationId, schedule: command.schedule };
    case 'cancel':
      return { at: before.termination?.at ?? null, terminationId: before.termination?.terminationId ?? null };
    case 'reschedule':
      return { from: before.termination?.at ?? null, to: next.termination?.at ?? null };
    case 'protect':
      return { reason: command.reason, holdRelease: command.holdRelease ?? false };
    case 'unprotect':
      return { reason: command.reason, holdRelease: before.protection?.holdRelease ?? false };
    case 'undo':
      return { refundId: command.refundId, reason: command.reason };
    case 'switch-network':
      return { from: 'bandwidth', to: 'traffic' };
    case 'put-prices':
      return { prices: command.prices };
    case 'begin-operation':
      return { kind: command.kind };
    case 'resolve':
      return { action: command.action, reason: command.reason };
    case 'adopt':
      return { found: command.found, reason: command.reason };
    case 'apply':
      return { reason: command.reason };
    case 'end-operation':
      return { kind: before.operation?.kind ?? null, power: command.power };
    // What they add to the orders, the step itself says.
    case 'restore':
    case 'amend':
    case 'purge':
    case 'start':
    case 'stop':
      return {};
  }
}

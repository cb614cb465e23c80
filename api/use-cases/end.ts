/** Ends instances in one call: quoted, agreed to and confirmed together. */
import type { Action, Schedule } from '../../domain/instance';
import type { QuotedItem } from '../../store/agreements/quotes';
import type { TerminationRow } from '../../store/agreements/terminations';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { agree, requireAction } from './agree';
import { quote } from './quote';

export interface Ending {
  action: Action;
  instanceIds: string[];
  schedule: Schedule;
  /** The way it was agreed to. */
  via: string;
}

/** Something is against ending at least one of them, so that none was ended. */
export class Blocked extends Error {
  /**
   * @param items those that something is against, each with all its blockers
   * @param unknown ids that are not there for this caller
   */
  constructor(
    readonly items: QuotedItem[],
    readonly unknown: string[],
  ) {
    super(`blocked: ${[...items.map(({ instanceId }) => instanceId), ...unknown].join(', ')}`);
  }
}

/**
 * All of them or none, for callers that have no way to be told of each: quotes, and agrees when nothing is
 * against any. Answers as far as it has come. Under the same command id again it does nothing new (L8).
 * @throws Blocked; whatever {@link quote} and {@link agree} throw
 */
export async function endAll(deps: ApiDeps, asking: Asking, ending: Ending): Promise<TerminationRow> {
  const { action, instanceIds, schedule, via } = ending;
  requireAction(asking.caller, action);
  const quoted = await quote(deps, asking, { action, instanceIds, schedule });
  const blocked = quoted.items.filter(({ permitted }) => !permitted);
  const unknown = quoted.unknown.map(({ instanceId }) => instanceId);
  if (quoted.terminationId === null && blocked.length + unknown.length > 0)
    throw new Blocked(blocked, unknown);
  return await agree(deps, asking, { quoteId: quoted.id, via, async: false });
}

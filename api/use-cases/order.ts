import type { NewOrder } from '../../domain/commands';
import type { Asking } from '../asking';
import { type ApiDeps, policyOf } from '../deps';
import { type CommandResult, carryOut } from './command';
import { existingInstance } from './existing';
import { requireDigits, requireSoundPrices } from './sound-money';

/**
 * Renews or upgrades a prepaid instance. To state what was paid takes the permission `register`. It brings
 * the product's current rules with it (decision 3).
 */
export async function order(
  deps: ApiDeps,
  asking: Asking,
  { id, order: asked }: { id: string; order: NewOrder },
): Promise<CommandResult> {
  if (asked.paid) asking.caller.require('register', ['paid']);
  const row = await existingInstance(deps, asking.caller, id);
  requireDigits(row, asked.paid, ['paid']);
  requireSoundPrices(row, asked.prices, ['prices']);
  const rules = (policyOf(deps)(row.facts.product) ?? row.policy).lifecycle;
  return await carryOut(deps, asking, row, { name: 'amend', order: asked, rules });
}

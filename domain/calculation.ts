/**
 * The record behind an amount: all that it depends on, kept for ever with the amount and its lines, so that
 * anyone can do the sum again.
 */
import type { Action, Facts, StoredOrder } from './instance';
import type { Policy } from './policy';
import type { Refund, RefundKind } from './refund';
import { refundOfInTurns } from './subject';
import { atOnce, type Turns } from './turns';

export interface CalculationInputs {
  facts: Facts;
  orders: StoredOrder[];
  /** The quote's instant on the instance's clock. */
  at: string;
  kind: RefundKind;
  action: Action;
  /** Of a return of renewals: those that were chosen; missing: all that can come back. */
  orderIds?: string[] | undefined;
  /** An operator approved it (M11). */
  assisted: boolean;
  /** Names the policy's content, not only its version. */
  policyId: string;
}

export interface Calculation {
  inputs: CalculationInputs;
  refund: Refund;
}

/**
 * Does the sum again. `policy` is the one that the inputs name, or another to compare with. Throws when the
 * product has no returns.
 */
export const recompute = (inputs: CalculationInputs, policy: Policy): Refund =>
  atOnce(recomputeInTurns(inputs, policy));

/** {@link recompute}, in pieces. */
export const recomputeInTurns = (
  { facts, orders, at, kind, assisted, action, orderIds }: CalculationInputs,
  policy: Policy,
): Turns<Refund> => refundOfInTurns({ facts, orders, policy, at }, kind, assisted, action, orderIds);

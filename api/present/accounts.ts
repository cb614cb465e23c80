/** Movements and accounts. */
import type { AccountAnswer, MovementAnswer } from '../../contract/answers';
import type { RightsLeft } from '../../domain/eligibility';
import type { Policy } from '../../domain/policy';
import type { RightCounts, RightsByProduct } from '../../store/agreements/rights';
import type { AccountRow } from '../../store/books/accounts';
import type { StatementRow } from '../../store/books/statement';

export function presentMovement(row: StatementRow): MovementAnswer {
  const {
    id,
    kind,
    currency,
    amount,
    parts,
    balance,
    instanceId,
    refundId,
    reverses,
    reason,
    reference,
    effectiveAt,
    recordedAt,
  } = row;
  const why = {
    ...(reverses === null ? {} : { reverses }),
    ...(reason === null ? {} : { reason }),
    ...(reference === null ? {} : { reference }),
  };
  return {
    id,
    kind,
    currency,
    amount,
    parts,
    balance,
    instanceId,
    refundId,
    ...why,
    effectiveAt,
    recordedAt,
  };
}

const NONE: RightCounts = { used: 0, reserved: 0 };

/**
 * What an account may return of one product. `left` follows the policy's periods, `used` counts for ever
 * (E2).
 */
export interface ProductRights {
  policy: Policy;
  left: RightsLeft;
}

/** @param rights one entry for every product that has returns */
export function presentAccount(
  row: AccountRow,
  standing: AccountAnswer['standing'],
  used: RightsByProduct,
  rights: ProductRights[],
): AccountAnswer {
  const { account, arrears, hold, balances } = row;
  return {
    account,
    arrears,
    hold,
    standing,
    balances,
    rights: rights.map(({ policy: { product, knobs }, left }) => ({
      product,
      fiveDay: { limit: knobs.fiveDayCount, ...(used.get(product)?.fiveDay ?? NONE), left: left.fiveDay },
      ordinary: { limit: knobs.ordinaryCount, ...(used.get(product)?.ordinary ?? NONE), left: left.ordinary },
    })),
  };
}

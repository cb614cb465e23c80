/** Movements and accounts. */
import type { AccountAnswer, MovementAnswer } from '../../contract/answers';
import type { Policy } from '../../domain/policy';
import type { CountedRights } from '../../store/agreements/rights';
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

/** What an account may return of one product. */
export interface ProductRights {
  policy: Policy;
  counted: CountedRights;
}

/** @param rights one entry for every product that has returns */
export function presentAccount(
  row: AccountRow,
  standing: AccountAnswer['standing'],
  rights: ProductRights[],
): AccountAnswer {
  const { account, arrears, hold, balances } = row;
  return {
    account,
    arrears,
    hold,
    standing,
    balances,
    rights: rights.map(({ policy: { product, knobs }, counted: { fiveDay, ordinary, left } }) => ({
      product,
      fiveDay: { limit: knobs.fiveDayCount, ...fiveDay, left: left.fiveDay },
      ordinary: { limit: knobs.ordinaryCount, ...ordinary, left: left.ordinary },
    })),
  };
}

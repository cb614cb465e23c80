/** What a customer is to know before agreeing: a code with its numbers. Its sentence is the contract's. */
import type { Text } from './text';

/** A decimal string of a currency. */
interface Money {
  amount: string;
  currency: string;
}

export type NumberedWarning =
  /** A return at that instant would pay more. `ended`: the order that the next one has followed by then. */
  | ({ code: 'WAITING_PAYS_MORE'; at: string; ended?: string } & Money)
  /** The five-day return ends then. Missing: no ordinary return would follow. */
  | { code: 'WAITING_PAYS_LESS'; at: string; after?: Money }
  | { code: 'REFUND_IS_ZERO' }
  /** What the refund falls to in the second after. Missing: no return would follow. */
  | { code: 'CLIFF_AHEAD'; at: string; from: Money; to?: Money }
  /** Hours since an upgrade, which are not taken off. */
  | ({ code: 'HOURS_STOPPED'; at: string } & Money)
  | { code: 'DISK_NOT_KEPT'; disks: string[] };
export type WarningCode = NumberedWarning['code'];

/** What a policy itself says of its product, in its own words. */
export interface Notice {
  code: string;
  message: Text;
}

/** Quotes of earlier versions have their numbered warnings in words, which are shown as they were said. */
export type Warning = NumberedWarning | Notice;

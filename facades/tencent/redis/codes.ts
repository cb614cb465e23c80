/** What goes wrong here, in the codes that each action of the vendor's has. */

import type { SunsetCode } from '../../codes';
import type { Service } from '../action';

type Codes = Partial<Record<SunsetCode, string>>;

const MISSING = 'ResourceNotFound.InstanceNotExists';
/** Self-service is not for this one: a person decides, or nobody. */
const NOT_FOR_YOU = 'UnauthorizedOperation.UserNotInWhiteList';

/** Whichever action it is. */
const OF_ALL: Codes = {
  NOT_FOUND: MISSING,
  UNKNOWN_INSTANCE: MISSING,
  WRONG_ACTION: 'InvalidParameterValue.UnSupportedType',
  WRONG_BILLING: 'InvalidParameterValue.UnSupportedType',
  PROMOTION_CHANNEL: NOT_FOR_YOU,
  APPROVAL_REQUIRED: NOT_FOR_YOU,
  IN_REVIEW: NOT_FOR_YOU,
};

/**
 * Some clients repeat whatever begins with ResourceUnavailable, ResourceInUse or RequestLimitExceeded for many
 * minutes. So such a code is here only for what passes by itself, or where the action has no other that says it.
 */
const OF_ACTION: Record<string, Codes> = {
  DestroyPostpaidInstance: {
    WRONG_STATE: 'ResourceUnavailable.InstanceStatusError',
    BUSY: 'ResourceUnavailable.InstanceStatusError',
  },
  DestroyPrepaidInstance: { WRONG_STATE: 'ResourceUnavailable.InstanceIsolated' },
  StartupInstance: {
    WRONG_STATE: 'ResourceUnavailable.InstanceStatusAbnormal',
    BUSY: 'ResourceUnavailable.InstanceLockedError',
    IN_ARREARS: 'FailedOperation.PayFailed',
    RENEWAL_REQUIRED: 'FailedOperation.UnSupportError',
  },
  RenewInstance: {
    BUSY: 'ResourceInUse.InstanceBeenLocked',
    IN_ARREARS: 'FailedOperation.PayFailed',
    // Not ResourceUnavailable.AccountBalanceNotEnough: waiting tops no account up.
    INSUFFICIENT_BALANCE: 'FailedOperation.PayFailed',
    PRICE_MISSING: 'FailedOperation.PayFailed',
    ENDS_TOO_LATE: 'LimitExceeded.PeriodExceedMaxLimit',
  },
  CleanUpInstance: {
    WRONG_STATE: 'ResourceUnavailable.InstanceStatusAbnormal',
    BUSY: 'ResourceUnavailable.InstanceStatusAbnormal',
  },
};

/** The vendor's code for one of ours; undefined: the common one. */
export const codeOf: Service['codeOf'] = (code, { action, state }) =>
  // What has ended is as good as missing, which it is in lists.
  code === 'WRONG_STATE' && state === 'terminated' ? MISSING : (OF_ACTION[action]?.[code] ?? OF_ALL[code]);

/** CVM 2017-03-12. */
import type { State } from '../../../domain/instance';
import type { SunsetCode } from '../../codes';
import type { About, Service } from '../action';
import { attributeActions } from './attributes';
import { describeActions } from './describe';
import { powerActions } from './power';
import { renewalActions } from './renew';
import { terminateActions } from './terminate';
import { timerActions } from './timers';

const UNRETURNABLE = 'FailedOperation.Unreturnable';
const INSUFFICIENT = 'InvalidAccount.InsufficientBalance';
const NO_TIMER = 'UnsupportedOperation.NotSupportImportInstancesActionTimer';

/** Beside the common ones. */
const CODES: Partial<Record<SunsetCode, string>> = {
  NOT_FOUND: 'InvalidInstanceId.NotFound',
  UNKNOWN_INSTANCE: 'InvalidInstanceId.NotFound',
  IDEMPOTENCY_RUNNING: 'MutexOperation.TaskRunning',
  BUSY: 'OperationDenied.InstanceOperationInProgress',
  PROTECTED: 'UnsupportedOperation.InstancesProtected',
  RELEASE_HELD: 'UnsupportedOperation.InstancesProtected',
  SCHEDULED: 'FailedOperation.MutActionTimerExist',
  QUOTA_USED: 'LimitExceeded.UserReturnQuota',
  FAMILY_EXCLUDED: UNRETURNABLE,
  ZONE_EXCLUDED: UNRETURNABLE,
  ACTIVITY_RESOURCE: UNRETURNABLE,
  PROMOTION_CHANNEL: UNRETURNABLE,
  MONTHLY_SETTLED: UNRETURNABLE,
  APPROVAL_REQUIRED: UNRETURNABLE,
  IN_REVIEW: UNRETURNABLE,
  OVERUSED: UNRETURNABLE,
  NO_ORDER_IN_FORCE: 'FailedOperation.InquiryRefundPriceFailed',
  PRICE_MISSING: 'FailedOperation.InquiryPriceFailed',
  IN_ARREARS: INSUFFICIENT,
  INSUFFICIENT_BALANCE: INSUFFICIENT,
  ENDS_TOO_LATE: 'InvalidPeriod',
  TOO_MANY_ORDERS: 'InvalidPeriod',
  WRONG_BILLING: 'UnsupportedOperation.InstanceChargeType',
  RENEWAL_NOT_ALLOWED: 'UnsupportedOperation.InstanceChargeType',
};

/** What is said of an instance in a state that does not allow it; the common code for those that are not here. */
const STATE_CODES: Partial<Record<State, string>> = {
  running: 'UnsupportedOperation.InstanceStateRunning',
  stopped: 'UnsupportedOperation.InstanceStateStopped',
  changing: 'OperationDenied.InstanceOperationInProgress',
  isolating: 'UnsupportedOperation.InstanceStateIsolating',
  isolated: 'UnsupportedOperation.InstanceStateShutdown',
  restoring: 'UnsupportedOperation.InstanceStateStarting',
  terminating: 'UnsupportedOperation.InstanceStateTerminating',
  terminated: 'UnsupportedOperation.InstanceStateTerminated',
};

function codeOf(code: SunsetCode, { action, state }: About): string | undefined {
  if (code === 'WRONG_STATE') return STATE_CODES[state as State];
  if (action === 'ImportInstancesActionTimer' && (code === 'WRONG_ACTION' || code === 'MODE_NOT_OFFERED'))
    return NO_TIMER;
  if (action === 'ModifyInstancesAttribute' && code === 'SCHEDULED')
    return 'UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance';
  return CODES[code];
}

export const cvm: Service = {
  name: 'cvm',
  version: '2017-03-12',
  product: 'tencent-cvm',
  actions: [
    ...describeActions,
    ...terminateActions,
    ...powerActions,
    ...renewalActions,
    ...timerActions,
    ...attributeActions,
  ],
  codeOf,
  codeOfIssue: ({ pointer, code }) => {
    if (code === 'NOT_AN_ID') return 'InvalidInstanceId.Malformed';
    if (code === 'TOO_LONG') return 'InvalidParameterValue.LimitExceeded';
    if (pointer === '/InstanceChargePrepaid/Period' && code !== 'MISSING') return 'InvalidPeriod';
    return code === 'NOT_A_TIME' || code === 'IMPOSSIBLE_TIME'
      ? 'InvalidParameterValue.InvalidTimeFormat'
      : undefined;
  },
};

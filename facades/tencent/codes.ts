/** What can go wrong here, in the codes that all of the vendor's products have. */
import type { Text } from '../../domain/text';
import { COMMON_TEXTS, type SunsetCode } from '../codes';

/**
 * The vendor's common codes, of all its products; a service has better ones for some. None of those that its
 * clients repeat by themselves for what does not pass by itself.
 */
export const COMMON: Record<SunsetCode, string> = {
  INVALID_REQUEST: 'InvalidParameterValue',
  MALFORMED_JSON: 'InvalidParameter',
  MALFORMED_URL: 'InvalidParameter',
  MALFORMED_REQUEST: 'InvalidParameter',
  IDEMPOTENCY_KEY_REQUIRED: 'InternalError',
  IDEMPOTENCY_KEY_INVALID: 'InternalError',
  UNAUTHENTICATED: 'AuthFailure.SignatureFailure',
  // Of the console: here nobody signs in.
  NO_SESSION: 'AuthFailure.SignatureFailure',
  WRONG_KEY: 'AuthFailure.SignatureFailure',
  WRONG_CODE: 'AuthFailure.SignatureFailure',
  CSRF: 'UnauthorizedOperation',
  FORBIDDEN: 'UnauthorizedOperation',
  SANDBOX_ONLY: 'UnsupportedOperation',
  NOT_FOUND: 'ResourceNotFound',
  METHOD_NOT_ALLOWED: 'UnsupportedProtocol',
  REQUEST_TIMEOUT: 'InvalidParameter',
  ALREADY_REGISTERED: 'FailedOperation',
  TERMINATED_ID: 'FailedOperation',
  IDEMPOTENCY_RUNNING: 'ResourceInUse',
  QUOTE_EXPIRED: 'FailedOperation',
  QUOTE_USED: 'FailedOperation',
  NOTHING_PERMITTED: 'FailedOperation',
  SELF_APPROVAL: 'UnauthorizedOperation',
  NOT_LOST: 'UnsupportedOperation',
  NOT_IN_REVIEW: 'UnsupportedOperation',
  REFUND_DENIED: 'FailedOperation',
  BALANCE_TOO_LOW: 'FailedOperation',
  REFERENCE_USED: 'FailedOperation',
  BILLING_STOPPED: 'FailedOperation',
  TOO_MANY_KEYS: 'LimitExceeded',
  KEY_NOT_SHOWN_AGAIN: 'FailedOperation',
  FAST_FORWARD_REPLACED: 'FailedOperation',
  BODY_TOO_LARGE: 'RequestSizeLimitExceeded',
  UNSUPPORTED_MEDIA_TYPE: 'UnsupportedProtocol',
  EXPECTATION_FAILED: 'UnsupportedProtocol',
  IDEMPOTENCY_KEY_REUSED: 'AuthFailure.SignatureFailure',
  TOO_MANY_FAILURES: 'RequestLimitExceeded',
  HEADERS_TOO_LARGE: 'RequestSizeLimitExceeded',
  TOO_MANY_COMMANDS: 'RequestLimitExceeded',
  INTERNAL: 'InternalError',
  TIME_SKIPPING_UNAVAILABLE: 'UnsupportedOperation',
  WORKFLOW_LOST: 'InternalError',
  UNAVAILABLE: 'InternalError',
  BUSY: 'ResourceInUse',
  WRONG_STATE: 'UnsupportedOperation',
  SCHEDULED: 'UnsupportedOperation',
  NOT_SCHEDULED: 'UnsupportedOperation',
  PROTECTED: 'UnsupportedOperation',
  NOT_PROTECTED: 'UnsupportedOperation',
  RELEASE_HELD: 'UnsupportedOperation',
  WRONG_ACTION: 'UnsupportedOperation',
  WRONG_BILLING: 'UnsupportedOperation',
  NOT_STOPPED: 'UnsupportedOperation',
  NOT_EXPIRED: 'UnsupportedOperation',
  NO_ORDER_IN_FORCE: 'FailedOperation',
  TIME_PASSED: 'InvalidParameterValue',
  MODE_NOT_OFFERED: 'UnsupportedOperation',
  RENEWAL_REQUIRED: 'UnsupportedOperation',
  RENEWAL_NOT_ALLOWED: 'UnsupportedOperation',
  NOTHING_TO_RETURN: 'FailedOperation',
  OVERUSED: 'FailedOperation',
  NOT_RETURNED: 'UnsupportedOperation',
  INSUFFICIENT_BALANCE: 'FailedOperation',
  QUOTE_STALE: 'FailedOperation',
  PRICE_MISSING: 'FailedOperation',
  MONEY_SPENT: 'FailedOperation',
  BY_TRAFFIC: 'UnsupportedOperation',
  ENDED_OTHERWISE: 'FailedOperation',
  UNKNOWN_INSTANCE: 'ResourceNotFound',
  UNSIGNED: 'InternalError',
  BAD_SIGNATURE: 'InternalError',
  COMMAND_ID_REUSED: 'FailedOperation',
  NOT_POSSIBLE: 'FailedOperation',
  TOO_MANY_ORDERS: 'LimitExceeded',
  ENDS_TOO_LATE: 'InvalidParameterValue',
  PRICES_REFUSED: 'FailedOperation',
  PRICE_VERSION_USED: 'FailedOperation',
  TOO_MANY_PRICES: 'LimitExceeded',
  MONTHLY_SETTLED: 'FailedOperation',
  PROMOTION_CHANNEL: 'FailedOperation',
  APPROVAL_REQUIRED: 'FailedOperation',
  IN_REVIEW: 'FailedOperation',
  QUOTA_USED: 'LimitExceeded',
  FIVE_DAY_NOT_POSSIBLE: 'InvalidParameterValue',
  IN_ARREARS: 'FailedOperation',
  FAMILY_EXCLUDED: 'FailedOperation',
  ZONE_EXCLUDED: 'FailedOperation',
  ACTIVITY_RESOURCE: 'FailedOperation',
};

/** Where the contract's sentences speak of its own headers. */
export const TEXTS: Partial<Record<SunsetCode, Text>> = {
  ...COMMON_TEXTS,
  INTERNAL: {
    en: 'The request failed by a fault of ours; it is in the log under its RequestId. Try again.',
    zh: '请求因内部错误失败，已按 RequestId 记录日志。请重试。',
  },
  IDEMPOTENCY_KEY_REUSED: {
    en: 'This signature came with another action or other parameters before. Sign anew.',
    zh: '该签名曾用于其他操作或参数。请重新签名。',
  },
  UNKNOWN_INSTANCE: {
    en: 'There is no such instance in this account and region. Check its id.',
    zh: '该账号及地域中没有此实例。请检查实例 ID。',
  },
  RENEWAL_REQUIRED: {
    en: 'A prepaid instance leaves the bin by a renewal. Renew it.',
    zh: '包年包月实例需通过续费恢复。请续费。',
  },
  RENEWAL_NOT_ALLOWED: {
    en: 'A pay-as-you-go instance has nothing to renew.',
    zh: '按量计费实例无需续费。',
  },
};

export const SUNSET_CODES = Object.keys(COMMON) as SunsetCode[];

/** A workflow of another version may answer a code that this one doesn't know. */
export const isKnown = (code: string): code is SunsetCode => Object.hasOwn(COMMON, code);

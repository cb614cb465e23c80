/** What can go wrong here, in the words that the vendor has for it. */
import type { DecisionCode } from '../../contract/blockers';
import type { ProblemCode } from '../../contract/problems';
import type { BlockerCode } from '../../domain/blockers';
import type { Text } from '../../domain/text';
import type { Status } from './jd-error';

/** What a refusal, a blocker or a problem can be called here. */
export type SunsetCode = ProblemCode | DecisionCode | BlockerCode;

/**
 * The vendor has no 409: what stands against a call as things are is 400 with a status of its own. What passes
 * by itself, like an operation in progress, is among it, because clients repeat 503 without asking.
 */
export const STATUS_OF: Record<SunsetCode, Status> = {
  INVALID_REQUEST: 'INVALID_ARGUMENT',
  MALFORMED_JSON: 'INVALID_ARGUMENT',
  MALFORMED_URL: 'INVALID_ARGUMENT',
  MALFORMED_REQUEST: 'INVALID_ARGUMENT',
  REQUEST_TIMEOUT: 'INVALID_ARGUMENT',
  BODY_TOO_LARGE: 'INVALID_ARGUMENT',
  UNSUPPORTED_MEDIA_TYPE: 'INVALID_ARGUMENT',
  EXPECTATION_FAILED: 'INVALID_ARGUMENT',
  HEADERS_TOO_LARGE: 'INVALID_ARGUMENT',
  TIME_PASSED: 'INVALID_ARGUMENT',
  FIVE_DAY_NOT_POSSIBLE: 'INVALID_ARGUMENT',
  ENDS_TOO_LATE: 'INVALID_ARGUMENT',
  RENEWAL_REQUIRED: 'INVALID_ARGUMENT',
  RENEWAL_NOT_ALLOWED: 'INVALID_ARGUMENT',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  // What was signed before, with another request: a nonce that came again.
  IDEMPOTENCY_KEY_REUSED: 'UNAUTHENTICATED',
  FORBIDDEN: 'PERMISSION_DENIED',
  SANDBOX_ONLY: 'PERMISSION_DENIED',
  SELF_APPROVAL: 'PERMISSION_DENIED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_ALLOWED: 'NOT_FOUND',
  UNKNOWN_INSTANCE: 'NOT_FOUND',
  TOO_MANY_FAILURES: 'RESOURCE_EXHAUSTED',
  TOO_MANY_COMMANDS: 'RESOURCE_EXHAUSTED',
  UNAVAILABLE: 'UNAVAILABLE',
  WORKFLOW_LOST: 'UNAVAILABLE',
  IDEMPOTENCY_RUNNING: 'UNAVAILABLE',
  INTERNAL: 'INTERNAL',
  IDEMPOTENCY_KEY_REQUIRED: 'INTERNAL',
  IDEMPOTENCY_KEY_INVALID: 'INTERNAL',
  UNSIGNED: 'INTERNAL',
  BAD_SIGNATURE: 'INTERNAL',
  TIME_SKIPPING_UNAVAILABLE: 'INTERNAL',
  NOT_POSSIBLE: 'INTERNAL',
  BUSY: 'FAILED_PRECONDITION',
  WRONG_STATE: 'FAILED_PRECONDITION',
  SCHEDULED: 'FAILED_PRECONDITION',
  NOT_SCHEDULED: 'FAILED_PRECONDITION',
  PROTECTED: 'FAILED_PRECONDITION',
  NOT_PROTECTED: 'FAILED_PRECONDITION',
  RELEASE_HELD: 'FAILED_PRECONDITION',
  WRONG_ACTION: 'FAILED_PRECONDITION',
  WRONG_BILLING: 'FAILED_PRECONDITION',
  NOT_STOPPED: 'FAILED_PRECONDITION',
  NOT_EXPIRED: 'FAILED_PRECONDITION',
  NO_ORDER_IN_FORCE: 'FAILED_PRECONDITION',
  MODE_NOT_OFFERED: 'FAILED_PRECONDITION',
  NOTHING_TO_RETURN: 'FAILED_PRECONDITION',
  OVERUSED: 'FAILED_PRECONDITION',
  NOT_RETURNED: 'FAILED_PRECONDITION',
  INSUFFICIENT_BALANCE: 'FAILED_PRECONDITION',
  QUOTE_STALE: 'FAILED_PRECONDITION',
  PRICE_MISSING: 'FAILED_PRECONDITION',
  MONEY_SPENT: 'FAILED_PRECONDITION',
  BY_TRAFFIC: 'FAILED_PRECONDITION',
  ENDED_OTHERWISE: 'FAILED_PRECONDITION',
  COMMAND_ID_REUSED: 'FAILED_PRECONDITION',
  TOO_MANY_ORDERS: 'FAILED_PRECONDITION',
  PRICES_REFUSED: 'FAILED_PRECONDITION',
  PRICE_VERSION_USED: 'FAILED_PRECONDITION',
  TOO_MANY_PRICES: 'FAILED_PRECONDITION',
  MONTHLY_SETTLED: 'FAILED_PRECONDITION',
  PROMOTION_CHANNEL: 'FAILED_PRECONDITION',
  APPROVAL_REQUIRED: 'FAILED_PRECONDITION',
  IN_REVIEW: 'FAILED_PRECONDITION',
  QUOTA_USED: 'FAILED_PRECONDITION',
  IN_ARREARS: 'FAILED_PRECONDITION',
  FAMILY_EXCLUDED: 'FAILED_PRECONDITION',
  ZONE_EXCLUDED: 'FAILED_PRECONDITION',
  ACTIVITY_RESOURCE: 'FAILED_PRECONDITION',
  ALREADY_REGISTERED: 'FAILED_PRECONDITION',
  TERMINATED_ID: 'FAILED_PRECONDITION',
  QUOTE_EXPIRED: 'FAILED_PRECONDITION',
  QUOTE_USED: 'FAILED_PRECONDITION',
  NOTHING_PERMITTED: 'FAILED_PRECONDITION',
  NOT_LOST: 'FAILED_PRECONDITION',
  NOT_IN_REVIEW: 'FAILED_PRECONDITION',
  REFUND_DENIED: 'FAILED_PRECONDITION',
  BALANCE_TOO_LOW: 'FAILED_PRECONDITION',
  REFERENCE_USED: 'FAILED_PRECONDITION',
  BILLING_STOPPED: 'FAILED_PRECONDITION',
  TOO_MANY_KEYS: 'FAILED_PRECONDITION',
  KEY_NOT_SHOWN_AGAIN: 'FAILED_PRECONDITION',
  FAST_FORWARD_REPLACED: 'FAILED_PRECONDITION',
};

/** Where the contract's sentences speak of its own headers and addresses. */
export const TEXTS: Partial<Record<SunsetCode, Text>> = {
  INTERNAL: {
    en: 'The request failed by a fault of ours; it is in the log under its requestId. Try again.',
    zh: '请求因内部错误失败，已按 requestId 记录日志。请重试。',
  },
  UNAVAILABLE: {
    en: 'A part that this request needs did not answer in time; nothing is known to have happened. Try again.',
    zh: '所需组件未及时响应；目前没有操作生效的迹象。请重试。',
  },
  WORKFLOW_LOST: {
    en: 'The instance’s workflow is lost: nothing was done. Have an operator repair it, then try again.',
    zh: '该实例的工作流已丢失：本次操作未执行。请由运维人员修复后重试。',
  },
  NOT_FOUND: {
    en: 'There is no such call here; docs/vendor-apis.md lists those that there are.',
    zh: '此处没有该接口；已支持的接口见 docs/vendor-apis.md。',
  },
  IDEMPOTENCY_RUNNING: {
    en: 'The same signed request is still running. Look at the instance in a moment.',
    zh: '同一签名的请求仍在处理中。请稍后查看实例。',
  },
  IDEMPOTENCY_KEY_REUSED: {
    en: 'This nonce came with another request before. Sign anew, with a nonce of its own.',
    zh: '该 nonce 曾用于另一个请求。请使用新的 nonce 重新签名。',
  },
  TOO_MANY_COMMANDS: {
    en: 'As many operations on this instance are under way as it takes at a time. Try again in a moment.',
    zh: '该实例正在处理的操作已达上限。请稍后重试。',
  },
  TOO_MANY_FAILURES: {
    en: 'This address sent too many requests that are not signed by a live key. Wait a minute.',
    zh: '该地址发送了过多未通过签名验证的请求。请等待一分钟。',
  },
};

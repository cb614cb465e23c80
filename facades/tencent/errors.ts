/** What goes wrong here, in the vendor's codes. */
import { forbidden } from '../../api/caller';
import { toProblem } from '../../api/http/problems';
import { type Problem, presentProblem } from '../../api/problem';
import { Blocked } from '../../api/use-cases/end';
import type { ProblemCode } from '../../contract/problems';
import type { BlockerCode } from '../../domain/blockers';
import { type DecisionCode, MESSAGES } from '../../domain/messages';
import type { Permission } from '../../domain/permissions';
import type { Lang, Text } from '../../domain/text';
import type { About, Service } from './action';
import { ofIssue } from './params';
import { VendorError } from './vendor-error';

/** What a refusal, a blocker or a problem can be called here. */
export type SunsetCode = ProblemCode | DecisionCode | BlockerCode;

/**
 * The vendor's common codes, of all its products; a service has better ones for some. None of those that its
 * clients repeat by themselves for what does not pass by itself.
 */
const COMMON: Record<SunsetCode, string> = {
  INVALID_REQUEST: 'InvalidParameterValue',
  MALFORMED_JSON: 'InvalidParameter',
  MALFORMED_URL: 'InvalidParameter',
  MALFORMED_REQUEST: 'InvalidParameter',
  IDEMPOTENCY_KEY_REQUIRED: 'InternalError',
  IDEMPOTENCY_KEY_INVALID: 'InternalError',
  UNAUTHENTICATED: 'AuthFailure.SignatureFailure',
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
const TEXTS: Partial<Record<SunsetCode, Text>> = {
  INTERNAL: {
    en: 'The request failed by a fault of ours; it is in the log under its RequestId. Try again.',
    zh: '请求因内部错误失败，已按 RequestId 记录日志。请重试。',
  },
  UNAVAILABLE: {
    en: 'A part that this request needs did not answer in time; nothing is known to have happened. Try again.',
    zh: '所需组件未及时响应；目前没有操作生效的迹象。请重试。',
  },
  WORKFLOW_LOST: {
    en: 'The instance’s workflow is lost: nothing was done. Have an operator repair it, then try again.',
    zh: '该实例的工作流已丢失：本次操作未执行。请由运维人员修复后重试。',
  },
  IDEMPOTENCY_RUNNING: {
    en: 'The same signed request is still running. Look at the instance in a moment.',
    zh: '同一签名的请求仍在处理中。请稍后查看实例。',
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
  TOO_MANY_COMMANDS: {
    en: 'As many operations on this instance are under way as it takes at a time. Try again in a moment.',
    zh: '该实例正在处理的操作已达上限。请稍后重试。',
  },
  TOO_MANY_FAILURES: {
    en: 'This address sent too many requests that are not signed by a live key. Wait a minute.',
    zh: '该地址发送了过多未通过签名验证的请求。请等待一分钟。',
  },
};

/** An error of one instance among several. */
export class AboutInstance extends Error {
  /** @param done those of the others that were done all the same */
  constructor(
    readonly instanceId: string,
    readonly error: unknown,
    readonly done: readonly string[] = [],
  ) {
    super(`${instanceId}: ${error instanceof Error ? error.message : 'failed'}`, { cause: error });
  }
}

/** Nobody answered in time: it may still happen, and a look will tell. */
export const unanswered = (id: string): VendorError =>
  new VendorError(
    'InternalError',
    {
      en: `${id}: nobody answered in time, and it may still happen. Look at the instance, then try again.`,
      zh: `${id}：未及时得到响应，操作可能仍会执行。请查看实例后再重试。`,
    },
    true,
  );

/** None of the permissions is the caller's. */
export const lacking = (permissions: readonly Permission[]): VendorError => {
  const { detail } = forbidden(permissions).extras;
  return new VendorError('UnauthorizedOperation', detail!);
};

const isKnown = (code: string): code is SunsetCode => Object.hasOwn(COMMON, code);

/** The vendor's code for one of ours. A workflow of another version may answer one that is not known. */
export function vendorCode(service: Service | undefined, code: string, about: About): string {
  if (!isKnown(code)) return 'FailedOperation';
  return service?.codeOf(code, about) ?? COMMON[code];
}

const both = (say: (lang: Lang) => string): Text => ({ en: say('en'), zh: say('zh') });

/** What an instance's error is told with. */
interface Told {
  service: Service | undefined;
  action: string;
}

/**
 * Whatever was thrown, as the vendor would answer it.
 * @param service undefined: it isn't known yet
 */
export function vendorErrorOf(error: unknown, service: Service | undefined, action: string): VendorError {
  const told: Told = { service, action };
  if (error instanceof AboutInstance) return ofInstance(error, told);
  if (error instanceof VendorError) return error;
  return error instanceof Blocked ? ofBlocked(error, told) : ofProblem(toProblem(error), told);
}

function ofInstance({ instanceId, error, done }: AboutInstance, { service, action }: Told): VendorError {
  const { code, text, interim } = vendorErrorOf(error, service, action);
  const rest: Text = {
    en: done.length ? ` Done all the same: ${done.join(', ')}.` : '',
    zh: done.length ? `已执行：${done.join('、')}。` : '',
  };
  const front = text.en.startsWith(`${instanceId}: `) ? '' : `${instanceId}: `;
  return new VendorError(
    code,
    both((lang) => `${front}${text[lang]}${rest[lang]}`),
    interim,
  );
}

function ofProblem(problem: Problem, { service, action }: Told): VendorError {
  const { code, status, extras } = problem;
  const first = code === 'INVALID_REQUEST' ? extras.issues?.[0] : undefined;
  // Its field is one of the use case's own: only what is wrong with it is told.
  if (first && service) return ofIssue({ ...first, pointer: '' }, service.codeOfIssue);
  const own = isKnown(code) ? TEXTS[code] : undefined;
  const text = both((lang) => {
    const { detail, next } = presentProblem(problem, lang);
    return own?.[lang] ?? `${detail} ${next}`;
  });
  const interim = status >= 500 || status === 429 || code === 'IDEMPOTENCY_RUNNING';
  return new VendorError(vendorCode(service, code, { action, state: extras.state ?? null }), text, interim);
}

/** How many of a batch are told of. */
const TOLD = 5;

const sentenceOf = (code: BlockerCode, lang: Lang): string =>
  TEXTS[code]?.[lang] ?? `${MESSAGES[code].message[lang]} ${MESSAGES[code].next[lang]}`;

/** What is not there comes first, then the first that something is against; more of them are told. */
function ofBlocked({ items, unknown }: Blocked, { service, action }: Told): VendorError {
  const blocked: { id: string; state: string | null; codes: BlockerCode[] }[] = [
    ...unknown.map((id) => ({ id, state: null, codes: ['UNKNOWN_INSTANCE' as const] })),
    ...items.map(({ instanceId, blockers, basis }) => ({
      id: instanceId,
      state: basis.state,
      codes: blockers,
    })),
  ];
  const { state, codes } = blocked[0]!;
  const text = both((lang) =>
    blocked
      .slice(0, TOLD)
      .map((one) => `${one.id}: ${one.codes.map((code) => sentenceOf(code, lang)).join(' ')}`)
      .join(' '),
  );
  return new VendorError(vendorCode(service, codes[0]!, { action, state }), text);
}

/** What can go wrong behind any of the vendors' interfaces. */
import type { DecisionCode } from '../contract/blockers';
import type { ProblemCode } from '../contract/problems';
import type { BlockerCode } from '../domain/blockers';
import type { Text } from '../domain/text';

/** What a refusal, a blocker or a problem can be called here. */
export type SunsetCode = ProblemCode | DecisionCode | BlockerCode;

/** Where the contract's sentences speak of headers and addresses of the API, which no vendor's client knows. */
export const COMMON_TEXTS = {
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
  TOO_MANY_COMMANDS: {
    en: 'As many operations on this instance are under way as it takes at a time. Try again in a moment.',
    zh: '该实例正在处理的操作已达上限。请稍后重试。',
  },
  TOO_MANY_FAILURES: {
    en: 'This address sent too many requests that are not signed by a live key. Wait a minute.',
    zh: '该地址发送了过多未通过签名验证的请求。请等待一分钟。',
  },
} satisfies Partial<Record<SunsetCode, Text>>;

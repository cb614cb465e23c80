/**
 * What is wrong with an input, field by field: an RFC 6901 pointer, a stable code and a sentence in both
 * languages. Every bad field is named at once, unknown ones included. It knows zod
 * and nothing of HTTP, so the command line uses it too.
 */
import type { z } from 'zod';
import { STATES } from '../domain/instance';
import type { Text } from '../domain/text';

export interface Issue {
  /** RFC 6901; `""` is the whole input. */
  pointer: string;
  code: IssueCode;
  /** English. */
  detail: string;
  detailZh: string;
}

type Params = Record<string, string | number>;
const fixed = (en: string, zh: string) => (): Text => ({ en, zh });

/** One sentence per code; `params` fill in what the sentence names. */
const TEXTS = {
  MISSING: fixed('is required', '必填'),
  UNKNOWN_FIELD: fixed('is not a field that is known here', '未知字段'),
  WRONG_TYPE: ({ expected }: Params): Text => ({
    en: `has the wrong type: expected ${expected}`,
    zh: `类型错误：应为 ${expected}`,
  }),
  NOT_ALLOWED: ({ allowed }: Params): Text => ({
    en: `is not one of: ${allowed}`,
    zh: `取值应为：${allowed}`,
  }),
  TOO_SHORT: ({ minimum }: Params): Text => ({
    en: `must have at least ${minimum} of them`,
    zh: `至少需要 ${minimum} 个`,
  }),
  TOO_LONG: ({ maximum }: Params): Text => ({
    en: `must have at most ${maximum} of them`,
    zh: `最多 ${maximum} 个`,
  }),
  TOO_SMALL: ({ minimum }: Params): Text => ({
    en: `must be at least ${minimum}`,
    zh: `不得小于 ${minimum}`,
  }),
  TOO_LARGE: ({ maximum }: Params): Text => ({ en: `must be at most ${maximum}`, zh: `不得大于 ${maximum}` }),
  INVALID: fixed('is not valid', '无效'),
  NOT_TEXT: fixed(
    'must be 1 to 128 characters without control characters',
    '应为 1 至 128 个字符，且不含控制字符',
  ),
  NOT_A_SENTENCE: fixed(
    'must be 1 to 500 characters without control characters',
    '应为 1 至 500 个字符，且不含控制字符',
  ),
  NOT_VISIBLE: fixed(
    'must be 1 to 128 visible characters without spaces',
    '应为 1 至 128 个可见字符，且不含空格',
  ),
  NOT_AN_ID: fixed(
    'must be 1 to 128 letters, digits or any of . _ : -',
    '应为 1 至 128 个字母、数字或 . _ : - 字符',
  ),
  NOT_A_LONG_ID: fixed(
    'must be 1 to 255 letters, digits or any of . _ : -',
    '应为 1 至 255 个字母、数字或 . _ : - 字符',
  ),
  NOT_A_WHOLE_NUMBER: fixed('must be a whole number', '应为整数'),
  NOT_MONEY: fixed(
    'must be a decimal string such as "12.50": not negative, at most 15 digits before the point and 10 after it',
    '应为形如 "12.50" 的十进制字符串：非负，整数部分最多 15 位，小数部分最多 10 位',
  ),
  NOT_POSITIVE: fixed('must be more than 0', '必须大于 0'),
  NOT_A_RATE: fixed(
    'must be a decimal string above 0 and at most 1, such as "0.83"',
    '应为大于 0 且不超过 1 的十进制字符串，例如 "0.83"',
  ),
  NOT_A_TIME: fixed(
    'must be an ISO-8601 date and time with offset, such as 2026-11-01T00:00:00+08:00',
    '应为带时区偏移的 ISO-8601 时间，例如 2026-11-01T00:00:00+08:00',
  ),
  IMPOSSIBLE_TIME: fixed(
    'is no such date or time between the years 1970 and 2200',
    '不是 1970 年至 2200 年之间的有效日期时间',
  ),
  NOT_A_DURATION: fixed(
    'must be an ISO-8601 duration of days, hours, minutes and seconds above zero and up to P3660D, such as P7D',
    '应为大于零且不超过 P3660D 的 ISO-8601 时长（日、时、分、秒），例如 P7D',
  ),
  UNKNOWN_PRODUCT: ({ allowed }: Params): Text => ({
    en: `is not a product that is known: ${allowed}`,
    zh: `未知产品，可选：${allowed}`,
  }),
  UNKNOWN_CURRENCY: fixed(
    'is not the ISO 4217 code of a country’s or union’s money',
    '不是 ISO 4217 中国家或地区货币的代码',
  ),
  TIERS_NOT_ASCENDING: fixed('must be above the tier before it', '必须大于上一档'),
  TIER_WITHOUT_LIMIT: fixed('is required: only the last tier has no limit', '必填：仅最后一档可以没有上限'),
  LAST_TIER_LIMITED: fixed('the last tier must have no limit', '最后一档不得设置上限'),
  AFTER_BILLING_STOP: ({ at }: Params): Text => ({
    en: `is after the billing stop of ${at}`,
    zh: `晚于停止计费的时刻 ${at}`,
  }),
  IN_THE_FUTURE: fixed('is in the future of the instance’s clock', '晚于实例的当前时间'),
  DUPLICATE: fixed('is named twice', '重复'),
  TOO_MANY_DIGITS: ({ currency, digits }: Params): Text => ({
    en: `has more decimals than ${currency} has (${digits})`,
    zh: `小数位数超过 ${currency} 的最小单位（${digits} 位）`,
  }),
  OTHER_CURRENCY: ({ currency }: Params): Text => ({
    en: `must be ${currency}, as in /prices`,
    zh: `应为 ${currency}，与 /prices 一致`,
  }),
  NOT_FOR_POSTPAID: fixed('a postpaid instance has no orders', '按量计费实例没有订单'),
  PRICE_REQUIRED: fixed(
    'is required: the product’s refunds are reckoned with it',
    '必填：退款计算需要该价格',
  ),
  ENDS_BEFORE_START: fixed('must be later than startsAt', '必须晚于 startsAt'),
  ORDER_TOO_SHORT: fixed('must be at least a second after startsAt', '必须至少晚于 startsAt 一秒'),
  ORDER_GAP: ({ other }: Params): Text => ({
    en: `must be where order ${other} ends: purchases and renewals leave no gap`,
    zh: `必须与订单 ${other} 的结束时间相接：购买与续费之间不得有间隔`,
  }),
  ORDER_OVERLAP: ({ other }: Params): Text => ({
    en: `is before order ${other} ends: purchases and renewals don’t overlap`,
    zh: `早于订单 ${other} 的结束时间：购买与续费不得重叠`,
  }),
  UPGRADE_OUTSIDE: fixed(
    'an upgrade starts while a purchase or renewal is in force',
    '升配必须在购买或续费订单生效期间开始',
  ),
  UPGRADE_TOO_LONG: ({ other }: Params): Text => ({
    en: `an upgrade ends no later than order ${other}`,
    zh: `升配的结束时间不得晚于订单 ${other}`,
  }),
  STATE_NOT_OFFERED: ({ state }: Params): Text => ({
    en: `instances of this product and billing mode are never \`${state}\``,
    zh: `该产品与计费模式没有 \`${state}\` 状态`,
  }),
  NOT_OVER: ({ at }: Params): Text => ({
    en: `is after ${at}: an instance whose paid time is over has no order in force or to come`,
    zh: `晚于 ${at}：已到期的实例不应有生效中或未开始的订单`,
  }),
  ONLY_ISOLATED: fixed('goes with the state `isolated` only', '仅适用于 `isolated` 状态'),
  NETWORK_PRICE_REQUIRED: fixed(
    'is required: used network is reckoned with it',
    '必填：已使用网络费用的计算需要该价格',
  ),
  MODE_NOT_OFFERED: ({ product, allowed }: Params): Text => ({
    en: `${product} does not offer this mode; it offers: ${allowed}`,
    zh: `${product} 不支持该方式，可选：${allowed}`,
  }),
  NOT_IN_FUTURE: ({ clock }: Params): Text => ({
    en: `must be after the instance’s clock, ${clock}`,
    zh: `必须晚于实例时钟 ${clock}`,
  }),
  TOO_FAR_AHEAD: ({ latest }: Params): Text => ({
    en: `must be no later than ${latest}`,
    zh: `不得晚于 ${latest}`,
  }),
  NOT_AMONG_ITEMS: fixed('must be one of instanceIds', '必须是 instanceIds 之一'),
  ONLY_RENEWALS: fixed('goes with the action return-renewals only', '仅适用于 return-renewals 操作'),
  ONE_INSTANCE_ONLY: fixed(
    'goes with one instance only: ids of orders are its own',
    '仅适用于单个实例：订单 ID 属于该实例',
  ),
  TOO_MANY_ORDERS: ({ orders, maximum }: Params): Text => ({
    en: `have ${orders} orders together; one quote goes over at most ${maximum}: quote fewer at a time`,
    zh: `合计有 ${orders} 个订单；一次报价最多包含 ${maximum} 个订单，请分批报价`,
  }),
  UNKNOWN_ORDER: fixed('is no order of the instance', '不是该实例的订单'),
  NOT_RETURNABLE: fixed(
    'can’t come back alone: only renewals that have not begun can, without the first of the orders that are left',
    '不能单独退还：只能退还尚未开始的续费订单，且须保留剩余订单中的第一个',
  ),
  LEAVES_GAP: ({ other }: Params): Text => ({
    en: `would leave a gap before ${other}: choose that one too`,
    zh: `将在 ${other} 之前留下空档：请一并选择该订单`,
  }),
  NOT_FOUND: fixed('does not exist', '不存在'),
  NOT_AGREED: fixed(
    'must be true: the impact and the rules have to be acknowledged',
    '必须为 true：需确认已阅读并同意影响说明与规则',
  ),
  NOT_CONFIRMED: ({ id }: Params): Text => ({
    en: `must repeat the instance’s id, ${id}`,
    zh: `必须重复输入实例 ID ${id}`,
  }),
  RENEWAL_REQUIRED: fixed('restoring a prepaid instance needs a renewal', '恢复包年包月实例需要续费'),
  RENEWAL_NOT_ALLOWED: fixed(
    'a pay-as-you-go instance is restored without a renewal',
    '按量计费实例恢复时不需要续费',
  ),
  NOTHING_TO_CHANGE: fixed('must change at least one of: arrears, hold', '至少需要修改 arrears 或 hold 之一'),
  NOT_PERMITTED: ({ permissions }: Params): Text => ({
    en: `needs the permission ${permissions}`,
    zh: `需要权限 ${permissions}`,
  }),
  ALL_ACCOUNTS: fixed(
    'means all accounts: only a key of all accounts can say that',
    '表示所有账号：仅限不绑定账号的密钥',
  ),
  KEY_OR_CODE: fixed(
    'must have one of the two, and not both: key, code',
    '须且只能包含 key 与 code 其中之一',
  ),
  NOT_AFTER_FROM: fixed('must be later than from', '必须晚于 from'),
  NOT_A_STATE: fixed(
    `must be states of instances with commas between them: ${STATES.join(', ')}`,
    `应为以逗号分隔的实例状态：${STATES.join('、')}`,
  ),
  BAD_CURSOR: fixed('is not a cursor that a list answered', '不是列表返回的游标'),
} satisfies Record<string, (params: Params) => Text>;

export type IssueCode = keyof typeof TEXTS;

const isCode = (text: string): text is IssueCode => Object.hasOwn(TEXTS, text);

/** RFC 6901: `~` and `/` inside a name are escaped. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

export function issue(path: readonly PropertyKey[], code: IssueCode, params: Params = {}): Issue {
  const text = TEXTS[code](params);
  return { pointer: pointerOf(path), code, detail: text.en, detailZh: text.zh };
}

/**
 * For a rule over several fields: it runs beside issues of its parts, so that everything is named at once.
 * Its values may then be anything.
 */
export const evenBeside = (isReadable: (value: unknown) => boolean) => ({
  when: ({ value }: { value: unknown }) => isReadable(value),
});

/** A body that is wrong in thousands of places is answered with the first of them. */
export const MAX_ISSUES = 200;

/** Where values come again: the indexes of all but the first of each. */
export function repeatedAt(values: readonly unknown[]): number[] {
  const seen = new Set<unknown>();
  return values.flatMap((one, index) => {
    if (seen.has(one)) return [index];
    seen.add(one);
    return [];
  });
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; issues: Issue[] };

/** Reads an input by a schema; on failure every bad field at once. */
export function parse<S extends z.ZodType>(schema: S, input: unknown): Parsed<z.output<S>> {
  const result = schema.safeParse(input);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, issues: issuesOf(result.error, input) };
}

/**
 * The issues of a zod error, one per field; each unknown field has its own. At most {@link MAX_ISSUES}: what
 * a hostile body costs is bounded.
 * @param input what was read; with it a missing enumeration is told from a wrong one
 */
export function issuesOf(error: z.core.$ZodError, input?: unknown): Issue[] {
  const found = new Map<string, Issue>();
  for (const raw of error.issues) {
    if (found.size >= MAX_ISSUES) break;
    for (const one of translate(raw, [], input)) found.set(`${one.pointer} ${one.code}`, one);
  }
  return [...found.values()].slice(0, MAX_ISSUES);
}

function translate(one: z.core.$ZodIssue, prefix: readonly PropertyKey[], input: unknown): Issue[] {
  const path = [...prefix, ...one.path];
  if (isMissing(one, path, input)) return [issue(path, 'MISSING')];
  // A schema states its own code as the message of a rule.
  if (isCode(one.message)) return [issue(path, one.message, paramsOf(one))];
  switch (one.code) {
    case 'unrecognized_keys':
      return one.keys.slice(0, MAX_ISSUES).map((key) => issue([...path, key], 'UNKNOWN_FIELD'));
    case 'invalid_type':
      return [
        one.expected === 'int'
          ? issue(path, 'NOT_A_WHOLE_NUMBER')
          : issue(path, 'WRONG_TYPE', { expected: one.expected }),
      ];
    case 'invalid_value':
      return [issue(path, 'NOT_ALLOWED', { allowed: one.values.map(String).join(', ') })];
    case 'invalid_union':
      return unionIssues(one, path, input);
    case 'too_small':
      return [issue(path, isCount(one.origin) ? 'TOO_SHORT' : 'TOO_SMALL', { minimum: String(one.minimum) })];
    case 'too_big':
      return [issue(path, isCount(one.origin) ? 'TOO_LONG' : 'TOO_LARGE', { maximum: String(one.maximum) })];
    case 'invalid_key':
      return one.issues.map(({ message }) => issue(path, isCode(message) ? message : 'INVALID'));
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return [issue(path, 'INVALID')];
  }
}

const isCount = (origin: string): boolean =>
  origin === 'array' || origin === 'string' || origin === 'set' || origin === 'map';

function paramsOf(one: z.core.$ZodIssue): Params {
  return one.code === 'custom' ? ((one.params as Params | undefined) ?? {}) : {};
}

/** Only wrong types, values and unions can mean that nothing was given at all. */
function isMissing(one: z.core.$ZodIssue, path: readonly PropertyKey[], input: unknown): boolean {
  if (one.code !== 'invalid_type' && one.code !== 'invalid_value' && one.code !== 'invalid_union')
    return false;
  return input === undefined ? one.message.endsWith('received undefined') : at(input, path) === undefined;
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** A value that fits none of several shapes: the shape that got furthest is the one that was meant. */
function unionIssues(
  one: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  input: unknown,
): Issue[] {
  const options = (one as { options?: unknown[] }).options;
  if (one.errors.length === 0)
    return [issue(path, 'NOT_ALLOWED', { allowed: (options ?? []).map(String).join(', ') })];
  const meant = one.errors.find(
    (issues) => !issues.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  if (meant) return meant.flatMap((inner) => translate(inner, path, input));
  const expected = one.errors.flatMap((issues) =>
    issues.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : [])),
  );
  return [issue(path, 'WRONG_TYPE', { expected: expected.join(' | ') })];
}

/**
 * What can go wrong: stable codes with their status, and in English and Chinese a title, a sentence and the
 * next step. What the lifecycle answers has its sentences in blockers.ts.
 */

import type { Text } from '../domain/text';
import { type DecisionCode, SENTENCES } from './blockers';

export interface Kind {
  status: number;
  title: Text;
  detail: Text;
  next: Text;
}

const kind = (
  status: number,
  title: [string, string],
  detail: [string, string],
  next: [string, string],
): Kind => {
  const text = ([en, zh]: [string, string]): Text => ({ en, zh });
  return { status, title: text(title), detail: text(detail), next: text(next) };
};

/** What can go wrong on the way in; what the lifecycle answers has its sentences in blockers.ts. */
const KINDS = {
  INVALID_REQUEST: kind(
    400,
    ['The request is not valid', '请求无效'],
    ['Some fields can’t be accepted; each is named in `errors`.', '部分字段无法接受，详见 `errors`。'],
    [
      'Correct the fields named in `errors`; a corrected write is another request and takes a new Idempotency-Key.',
      '请修正 `errors` 中的字段；修正后的写请求属于新的请求，需使用新的 Idempotency-Key。',
    ],
  ),
  MALFORMED_JSON: kind(
    400,
    ['The body is not JSON', '请求体不是 JSON'],
    ['The body can’t be read as JSON text of reasonable depth.', '请求体无法解析为层级合理的 JSON。'],
    ['Send one JSON object in UTF-8.', '请发送一个 UTF-8 编码的 JSON 对象。'],
  ),
  MALFORMED_URL: kind(
    400,
    ['The address is not valid', '地址无效'],
    ['The path has percent signs that encode nothing.', '路径中的百分号编码无效。'],
    ['Percent-encode the path as UTF-8.', '请使用 UTF-8 百分号编码。'],
  ),
  MALFORMED_REQUEST: kind(
    400,
    ['Not an HTTP request', '不是有效的 HTTP 请求'],
    [
      'What came can’t be read as an HTTP/1.1 request with a Host header.',
      '收到的内容无法解析为带有 Host 请求头的 HTTP/1.1 请求。',
    ],
    [
      'Use an HTTP client; behind a proxy, look at what it sends on.',
      '请使用 HTTP 客户端；若经由代理，请检查其转发的内容。',
    ],
  ),
  IDEMPOTENCY_KEY_REQUIRED: kind(
    400,
    ['A key for this write is missing', '缺少幂等键'],
    ['The header Idempotency-Key is required on POST.', 'POST 请求必须携带 Idempotency-Key 请求头。'],
    [
      'Send Idempotency-Key with a value that is new for this write, and the same one when repeating it.',
      '请为每个写操作设置新的 Idempotency-Key，重试时沿用同一个值。',
    ],
  ),
  IDEMPOTENCY_KEY_INVALID: kind(
    400,
    ['The key for this write is not valid', '幂等键无效'],
    [
      'The header Idempotency-Key takes 1 to 255 visible ASCII characters.',
      'Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。',
    ],
    ['Send a shorter key without spaces, such as a UUID.', '请使用更短且不含空格的值，例如 UUID。'],
  ),
  UNAUTHENTICATED: kind(
    401,
    ['No valid key', '未通过认证'],
    ['The request carries no key that is known here.', '请求未携带有效的密钥。'],
    ['Send the header Authorization: Bearer <key>.', '请携带请求头 Authorization: Bearer <密钥>。'],
  ),
  NO_SESSION: kind(
    401,
    ['Not signed in', '未登录'],
    [
      'The request comes with no session, or with one that is over: by its time, by a sign-out, or because its key was revoked.',
      '请求未携带有效会话，或会话已结束（到期、已退出，或其密钥已被吊销）。',
    ],
    ['Sign in again (POST /v1/sessions).', '请重新登录（POST /v1/sessions）。'],
  ),
  WRONG_KEY: kind(
    401,
    ['Not a key', '密钥无效'],
    ['This key is not known here, or was revoked.', '该密钥在此未知，或已被吊销。'],
    [
      'Look whether it is complete, or ask whoever made it for another one.',
      '请检查密钥是否完整，或联系密钥的创建者。',
    ],
  ),
  WRONG_CODE: kind(
    401,
    ['The link can’t be used', '链接已失效'],
    [
      'A link that signs in can be used once, within 10 minutes of the start that printed it.',
      '登录链接仅可使用一次，且须在启动后 10 分钟内使用。',
    ],
    [
      'Sign in with a key; the operator’s own is where the start says.',
      '请使用密钥登录；运维密钥的位置见启动时的输出。',
    ],
  ),
  WRONG_SIGNATURE: kind(
    401,
    ['Not signed by its control plane', '签名无效'],
    [
      'The message is not signed with a secret of the instance’s control plane, or it is older than five minutes.',
      '消息未使用该实例所属控制面的密钥签名，或已超过五分钟。',
    ],
    [
      'Sign the bytes of the body as Standard Webhooks 1.0 says, with the secret of the control plane’s secretFile; the log of the API says what was wrong.',
      '请按 Standard Webhooks 1.0 使用控制面 secretFile 中的密钥对请求体字节签名；API 日志会说明具体原因。',
    ],
  ),
  CSRF: kind(
    403,
    ['The session’s token is missing', '缺少会话令牌'],
    [
      'A write that comes with a session’s cookie needs its token too, and this one has another or none: nothing was done.',
      '携带会话 Cookie 的写请求还需携带该会话的令牌，而本次请求没有或不符；未执行任何操作。',
    ],
    [
      'Send the header X-CSRF-Token with `csrfToken` of GET /v1/sessions/current.',
      '请在 X-CSRF-Token 请求头中携带 GET /v1/sessions/current 返回的 `csrfToken`。',
    ],
  ),
  FORBIDDEN: kind(
    403,
    ['Not permitted', '无权限'],
    ['Your key does not permit this.', '您的密钥无权执行此操作。'],
    [
      'Use a key that has the permission, or ask whoever made yours.',
      '请使用具备该权限的密钥，或联系密钥的创建者。',
    ],
  ),
  SANDBOX_ONLY: kind(
    403,
    ['Only in a sandbox', '仅限沙箱'],
    ['Moving an instance’s clock is possible only in a sandbox.', '仅沙箱环境可以快进实例时钟。'],
    ['Start Sunset with its embedded parts to have a sandbox.', '请使用内置组件启动 Sunset 以获得沙箱。'],
  ),
  NOT_FOUND: kind(
    404,
    ['Not found', '未找到'],
    ['There is nothing at this address.', '该地址不存在任何资源。'],
    ['Check the address; /docs lists every call.', '请检查地址；/docs 列出了所有接口。'],
  ),
  METHOD_NOT_ALLOWED: kind(
    405,
    ['Method not allowed', '方法不允许'],
    ['This address does not take this method.', '该地址不支持此方法。'],
    ['Use one of the methods that the header Allow names.', '请使用 Allow 响应头中的方法。'],
  ),
  REQUEST_TIMEOUT: kind(
    408,
    ['The request came too slowly', '请求传输过慢'],
    [
      'Headers and body did not arrive in time; nothing was done.',
      '请求头或请求体未在规定时间内到达；未执行任何操作。',
    ],
    ['Send it again in one go.', '请重新一次性发送。'],
  ),
  ALREADY_REGISTERED: kind(
    409,
    ['Registered with other facts', '已用其他信息登记'],
    ['An instance of this id was registered with other facts.', '该 ID 的实例已使用不同的信息登记。'],
    ['Register under another id, or repeat the original facts.', '请使用其他 ID，或提交与首次相同的信息。'],
  ),
  TERMINATED_ID: kind(
    409,
    ['An id lives once', 'ID 不可重复使用'],
    [
      'The instance of this id has been terminated, and an id is never used again.',
      '该 ID 的实例已销毁，ID 不可再次使用。',
    ],
    [
      'Register under another id; `externalId` may name the same machine again.',
      '请使用新的 ID 登记；`externalId` 可以再次指向同一台机器。',
    ],
  ),
  IDEMPOTENCY_RUNNING: kind(
    409,
    ['Still running', '仍在处理'],
    ['A request with this Idempotency-Key is still running.', '使用该 Idempotency-Key 的请求仍在处理中。'],
    ['Repeat the request in a moment, with the same key.', '请稍后使用同一幂等键重试。'],
  ),
  QUOTE_EXPIRED: kind(
    409,
    ['The quote has expired', '报价已过期'],
    ['The time until which the quote held is over.', '报价有效期已过。'],
    ['Get a new quote and confirm that one.', '请重新获取报价并确认。'],
  ),
  QUOTE_USED: kind(
    409,
    ['The quote was confirmed before', '报价已被确认'],
    ['Another termination has used this quote.', '该报价已被另一次销毁/退还使用。'],
    ['Look at the termination that the header Location names.', '请查看 Location 响应头所指的记录。'],
  ),
  NOTHING_PERMITTED: kind(
    409,
    ['Nothing is permitted', '没有可执行的实例'],
    ['Every item of the quote is blocked.', '报价中的所有实例均被阻止。'],
    ['Look at the quote’s blockers and what each says to do next.', '请查看报价中的阻止原因及后续步骤。'],
  ),
  SELF_APPROVAL: kind(
    403,
    ['Not by the requester', '申请人不能审批'],
    ['Who asked for a refund can’t decide on it.', '退款申请不能由申请人自己审批。'],
    [
      'Have somebody else with the permission `refund:approve` approve or deny it.',
      '请由其他具备 `refund:approve` 权限的人员审批。',
    ],
  ),
  NOT_LOST: kind(
    409,
    ['Its workflow runs', '工作流正在运行'],
    [
      'The instance has a running workflow, so there is nothing to repair.',
      '该实例的工作流正在运行，无需修复。',
    ],
    [
      'If it does not answer, see that a worker runs; then send `restart: true`, which ends it first, with what it has not recorded.',
      '若其无响应，请先确认 worker 正在运行；然后提交 `restart: true`，先结束该工作流（未记录的内容将丢失）。',
    ],
  ),
  DRIFT_DECIDED: kind(
    409,
    ['Decided already', '已有处理结果'],
    [
      'Somebody has decided on this difference, or it is no longer there.',
      '该差异已有处理结果，或已不存在。',
    ],
    ['Look at it (GET /v1/drift).', '请查看该差异（GET /v1/drift）。'],
  ),
  NOT_IN_REVIEW: kind(
    409,
    ['Decided already', '已有审批结果'],
    ['The refund request has been approved or denied.', '该退款申请已通过或已拒绝。'],
    ['Look at the request and its refund.', '请查看该申请及其退款。'],
  ),
  REFUND_DENIED: kind(
    409,
    ['Denied', '已拒绝'],
    [
      'An operator denied the refund; the right to return was given back.',
      '运营人员已拒绝该退款，退还名额已归还。',
    ],
    [
      'Ask again with another reason, or let the instance run until it expires.',
      '可补充理由后重新申请，或使用至到期。',
    ],
  ),
  BALANCE_TOO_LOW: kind(
    409,
    ['The balance is too low', '余额不足'],
    ['The account has less of that source than is withdrawn.', '该账号此来源的余额少于提取金额。'],
    [
      'Withdraw at most what GET /v1/accounts/{account} shows of that source.',
      '提取金额不得超过 GET /v1/accounts/{account} 所示的余额。',
    ],
  ),
  REFERENCE_USED: kind(
    409,
    ['The reference was used with other facts', '该参考号已用于其他内容'],
    ['The account has another adjustment under this reference.', '该账号在此参考号下已有不同的调整。'],
    [
      'Look at it (GET …/adjustments?reference=), and take the reference of this payment or ticket.',
      '请通过 GET …/adjustments?reference= 查看，并使用本次付款或工单自己的参考号。',
    ],
  ),
  BILLING_STOPPED: kind(
    409,
    ['Billing had stopped', '已停止计费'],
    ['Usage after the billing stop is not charged (L9).', '停止计费后的用量不予计费。'],
    [
      'Report only what was used before that instant, or after the restore.',
      '请仅上报该时刻之前或恢复之后的用量。',
    ],
  ),
  TOO_MANY_KEYS: kind(
    409,
    ['Two keys live already', '已有两个有效密钥'],
    [
      'An account’s name has at most two live keys: the one in use and the one to come.',
      '同一账号的同一名称最多有两个有效密钥：使用中的与待启用的。',
    ],
    [
      'Revoke one of them (GET /v1/keys lists them), then make a new one.',
      '请先吊销其中一个（GET /v1/keys 可列出），再创建新的密钥。',
    ],
  ),
  KEY_NOT_SHOWN_AGAIN: kind(
    409,
    ['The key can’t be shown again', '无法再次显示密钥'],
    ['The key was made, and the operator’s key has changed since.', '该密钥已创建，但运维密钥此后已更换。'],
    [
      'Revoke it (GET /v1/keys lists it), then make a new one.',
      '请吊销该密钥（GET /v1/keys 可列出），再创建新的密钥。',
    ],
  ),
  FAST_FORWARD_REPLACED: kind(
    409,
    ['Another fast-forward took over', '快进被替换'],
    [
      'Another fast-forward of this instance began before this one had arrived.',
      '在本次快进完成前，该实例开始了另一次快进。',
    ],
    [
      'Look at the instance’s clock, then fast-forward again if needed.',
      '请查看实例时钟，如有需要再次快进。',
    ],
  ),
  BODY_TOO_LARGE: kind(
    413,
    ['The body is too large', '请求体过大'],
    ['The body may have at most 256 KiB and 30,000 values.', '请求体最大为 256 KiB，最多包含 30,000 个值。'],
    ['Send less at a time.', '请减少单次提交的内容。'],
  ),
  UNSUPPORTED_MEDIA_TYPE: kind(
    415,
    ['Not a JSON body', '不支持的内容类型'],
    ['A body has to be application/json in UTF-8.', '请求体必须是 UTF-8 编码的 application/json。'],
    ['Send Content-Type: application/json.', '请设置 Content-Type: application/json。'],
  ),
  EXPECTATION_FAILED: kind(
    417,
    ['The expectation can’t be met', '无法满足 Expect'],
    ['The header Expect asks for something other than 100-continue.', 'Expect 请求头不是 100-continue。'],
    ['Leave the header out.', '请去掉该请求头。'],
  ),
  IDEMPOTENCY_KEY_REUSED: kind(
    422,
    ['The key was used for another request', '幂等键已用于其他请求'],
    [
      'This Idempotency-Key came with another method, address or body before.',
      '该 Idempotency-Key 曾用于不同的方法、地址或请求体。',
    ],
    ['Take a new key for a new request.', '新的请求请使用新的幂等键。'],
  ),
  TOO_MANY_FAILURES: kind(
    429,
    ['Too many failed authentications', '认证失败次数过多'],
    ['This address sent too many requests without a valid key.', '该地址发送了过多未通过认证的请求。'],
    ['Wait as long as Retry-After says, then send a valid key.', '请按 Retry-After 等待后使用有效密钥。'],
  ),
  TOO_MANY_STREAMS: kind(
    429,
    ['Too many open streams', '打开的事件流过多'],
    [
      'Your key has as many streams of events open as it may have at a time.',
      '您的密钥同时打开的事件流已达上限。',
    ],
    [
      'Close one, or ask for pages (GET /v1/events?after=…); then try again as Retry-After says.',
      '请关闭其中一个，或改用分页查询（GET /v1/events?after=…），并按 Retry-After 稍后重试。',
    ],
  ),
  HEADERS_TOO_LARGE: kind(
    431,
    ['The headers are too large', '请求头过大'],
    ['Address and headers may have at most 16 KiB together.', '地址与请求头合计最大为 16 KiB。'],
    ['Send fewer or shorter headers.', '请减少或缩短请求头。'],
  ),
  TOO_MANY_COMMANDS: kind(
    429,
    ['Too many commands at once', '同时提交的操作过多'],
    [
      'As many commands to this instance are under way as it takes at a time; this one was not sent, and nothing has changed.',
      '该实例正在处理的操作已达上限；本次操作未提交，没有任何变更。',
    ],
    [
      'Wait as long as Retry-After says, then repeat it with the same Idempotency-Key.',
      '请按 Retry-After 等待后使用同一幂等键重试。',
    ],
  ),
  INTERNAL: kind(
    500,
    ['Something went wrong here', '内部错误'],
    [
      'The request failed by a fault of ours; it is in the log under the request’s id.',
      '请求因内部错误失败，已按请求 ID 记录日志。',
    ],
    [
      'Repeat it with the same Idempotency-Key; tell the operator the X-Request-Id.',
      '请使用同一幂等键重试，并将 X-Request-Id 告知运维人员。',
    ],
  ),
  TIME_SKIPPING_UNAVAILABLE: kind(
    501,
    ['The Temporal server can’t skip time', 'Temporal 服务器不支持时间快进'],
    [
      'Fast-forward needs a Temporal server of 1.32 or later with time skipping enabled.',
      '快进需要 1.32 及以上且已启用时间快进的 Temporal 服务器。',
    ],
    ['Start Sunset with its embedded Temporal server.', '请使用内置 Temporal 服务器启动 Sunset。'],
  ),
  WORKFLOW_LOST: kind(
    503,
    ['Its workflow is lost', '工作流已丢失'],
    [
      'The instance lives, but its workflow in Temporal has failed, or was terminated or deleted there: nothing was done, and nothing will be.',
      '实例仍然存在，但其在 Temporal 中的工作流已失败、被终止或被删除：本次操作未执行，也不会自动执行。',
    ],
    [
      'Have an operator start it again (POST /v1/instances/{id}/repair, or `sunset repair <id>`), then repeat the request with the same Idempotency-Key.',
      '请由运维人员重新启动（POST /v1/instances/{id}/repair 或 `sunset repair <id>`），然后使用同一幂等键重试。',
    ],
  ),
  UNAVAILABLE: kind(
    503,
    ['Not available at the moment', '暂时不可用'],
    [
      'A part that this request needs did not answer in time; nothing is known to have happened.',
      '所需组件未及时响应；目前没有操作生效的迹象。',
    ],
    [
      'Repeat the request with the same Idempotency-Key after Retry-After seconds.',
      '请在 Retry-After 秒后使用同一幂等键重试。',
    ],
  ),
} satisfies Record<string, Kind>;

export type ProblemCode = keyof typeof KINDS;

const isKind = (code: string): code is ProblemCode => Object.hasOwn(KINDS, code);
const isDecision = (code: string): code is DecisionCode => Object.hasOwn(SENTENCES, code);

/** A code that neither table knows: a workflow of another version may answer one. */
const UNKNOWN_REFUSAL: Kind = kind(
  409,
  ['Refused', '已拒绝'],
  ['The instance refused the command.', '实例拒绝了该操作。'],
  ['Look at the instance and its timeline.', '请查看实例及其历史记录。'],
);

export function kindOf(code: string): Kind {
  if (isKind(code)) return KINDS[code];
  if (!isDecision(code)) return UNKNOWN_REFUSAL;
  const { message, next } = SENTENCES[code];
  const title = { en: message.en.replace(/\.$/, ''), zh: message.zh.replace(/。$/, '') };
  return { status: 409, title, detail: message, next };
}

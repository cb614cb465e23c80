/**
 * Every code that a blocker, a warning or a refusal can carry: a sentence and the next step, in both
 * languages (E8).
 */
import type { EligibilityCode } from '../domain/eligibility';
import type { RefusalCode } from '../domain/lifecycle';
import type { Text } from '../domain/text';
import type { NumberedWarning, Warning, WarningCode } from '../domain/warnings';

export type DecisionCode =
  | RefusalCode
  | EligibilityCode
  | 'INSUFFICIENT_BALANCE'
  | 'QUOTE_STALE'
  | 'PRICE_MISSING'
  | 'MONEY_SPENT'
  | 'BY_TRAFFIC'
  | 'ENDED_OTHERWISE'
  | 'UNKNOWN_INSTANCE'
  | 'UNSIGNED'
  | 'BAD_SIGNATURE'
  | 'COMMAND_ID_REUSED'
  | 'NOT_POSSIBLE'
  | 'CONTROL_PLANE_REFUSED'
  | 'CONTROL_PLANE_SLOW'
  | 'GIVEN_UP'
  | 'TOO_MANY_ORDERS'
  | 'ENDS_TOO_LATE'
  | 'PRICES_REFUSED'
  | 'PRICE_VERSION_USED'
  | 'TOO_MANY_PRICES';

interface Sentence {
  message: Text;
  next: Text;
}

const say = (en: string, nextEn: string, zh: string, nextZh: string): Sentence => ({
  message: { en, zh },
  next: { en: nextEn, zh: nextZh },
});

export const SENTENCES: Record<DecisionCode, Sentence> = {
  BUSY: say(
    'Another operation on the instance is in progress.',
    'Wait until it has finished, then try again.',
    '实例正在进行其他操作。',
    '请等待操作完成后重试。',
  ),
  WRONG_STATE: say(
    'The instance’s state does not allow this.',
    'Look at the instance’s state; an isolated one can be restored or purged, a terminated one is gone.',
    '实例当前状态不允许此操作。',
    '请查看实例状态；已隔离的实例可恢复或立即下线，已销毁的实例无法操作。',
  ),
  SCHEDULED: say(
    'A timed termination is scheduled for the instance.',
    'Cancel or reschedule it first.',
    '实例已设置定时销毁。',
    '请先取消或修改定时销毁。',
  ),
  NOT_STUCK: say(
    'Nothing of the instance waits for somebody to resolve it.',
    'Look at the instance; what is under way comes to its end by itself.',
    '实例没有需要人工处理的操作。',
    '请查看实例；进行中的操作会自行完成。',
  ),
  CANNOT_GIVE_UP: say(
    'What waits was promised for a time that has come: a release or an expiry can’t be given up.',
    'Have the control plane carry it out and retry, or skip it once the machine is as it is to be.',
    '该操作对应已到期的承诺（释放或到期），无法放弃。',
    '请让控制面执行后重试，或在机器已达到目标状态后跳过。',
  ),
  NO_CONTROL_PLANE: say(
    'The instance has no control plane that acts: it is in the books only.',
    'Nothing has to be done.',
    '该实例没有执行操作的控制面，仅有账务记录。',
    '无需处理。',
  ),
  CANNOT_ADOPT: say(
    'The instance can’t follow its machine into this state.',
    'Apply brings the machine back to what the instance’s state says; ignore leaves it as it is.',
    '实例无法跟随机器进入该状态。',
    '“应用”会将机器恢复到实例状态所示；“忽略”则保持现状。',
  ),
  CONTROL_PLANE_REFUSED: say(
    'The control plane has refused it for good.',
    'Look at what it says; when that is put right, ask again.',
    '控制面已最终拒绝该操作。',
    '请查看其说明，处理后重新发起。',
  ),
  CONTROL_PLANE_SLOW: say(
    'The control plane has not brought it to an end in time.',
    'Look whether the control plane answers (sunset doctor); then retry, skip or give up (sunset resolve).',
    '控制面未在规定时间内完成该操作。',
    '请检查控制面是否响应（sunset doctor），然后重试、跳过或放弃（sunset resolve）。',
  ),
  GIVEN_UP: say(
    'An operator has given it up, because the control plane did not bring it to an end.',
    'Look at the reason; then ask again.',
    '控制面未能完成，运维人员已放弃该操作。',
    '请查看原因后重新发起。',
  ),
  NOT_SCHEDULED: say(
    'No timed termination is scheduled for the instance.',
    'Nothing to cancel; an isolated instance can be restored.',
    '实例没有定时销毁计划。',
    '无需取消；已隔离的实例可以恢复。',
  ),
  PROTECTED: say(
    'Termination protection is on.',
    'Have someone who may unprotect the instance lift it first.',
    '实例已开启销毁保护。',
    '请先由有权限的人员解除保护。',
  ),
  NOT_PROTECTED: say(
    'Termination protection is off already.',
    'Nothing to do.',
    '实例未开启销毁保护。',
    '无需操作。',
  ),
  RELEASE_HELD: say(
    'A legal hold keeps the instance.',
    'Have someone with the permission `hold` lift it.',
    '实例处于法律保留状态。',
    '请由具备 `hold` 权限的人员解除。',
  ),
  WRONG_ACTION: say(
    'This action is not the one for the instance’s billing mode.',
    'Terminate pay-as-you-go instances; return prepaid ones, where the product has returns.',
    '该操作不适用于实例的计费模式。',
    '按量计费实例请使用销毁；包年包月实例请使用退还（若产品支持）。',
  ),
  WRONG_BILLING: say(
    'Only prepaid instances have orders.',
    'Nothing to renew: a pay-as-you-go instance is billed by use.',
    '只有包年包月实例才有订单。',
    '按量计费实例无需续费。',
  ),
  NOT_STOPPED: say('The instance is running.', 'Stop it first.', '实例正在运行。', '请先停止实例。'),
  NOT_EXPIRED: say(
    'A monthly-package instance can’t be deleted before it expires.',
    'Wait for its expiry, then delete it.',
    '包年包月实例到期前不允许删除。',
    '请在到期后删除。',
  ),
  NO_ORDER_IN_FORCE: say(
    'No order is in force at this instant.',
    'Return the instance while an order is in force.',
    '当前没有生效中的订单。',
    '请在订单生效期间退还。',
  ),
  TIME_PASSED: say(
    'The time is not in the future of the instance’s clock.',
    'Choose a later time, or terminate now.',
    '指定的时间不在将来。',
    '请选择更晚的时间，或立即销毁。',
  ),
  MODE_NOT_OFFERED: say(
    'The product does not offer this mode.',
    'Choose another mode.',
    '该产品不支持此销毁方式。',
    '请选择其他方式。',
  ),
  RENEWAL_REQUIRED: say(
    'Restoring a prepaid instance is a renewal.',
    'Send `renewal` with `months`.',
    '恢复包年包月实例需要续费。',
    '请提供 `renewal.months`。',
  ),
  RENEWAL_NOT_ALLOWED: say(
    'A pay-as-you-go instance is restored without a renewal.',
    'Leave `renewal` out.',
    '按量计费实例恢复时不需要续费。',
    '请去掉 `renewal`。',
  ),
  NOTHING_TO_RETURN: say(
    'No renewal of the instance is still to start.',
    'Return the instance itself, or let it run.',
    '该实例没有未开始的续费订单。',
    '可退还实例本身，或继续使用。',
  ),
  OVERUSED: say(
    'More was used of the order in force than was paid for it, so its renewals don’t come back alone.',
    'Return the instance itself: what was used too much is then taken off its renewals.',
    '当前有效订单的已使用费用超过实际支付金额，不能单独退还续费订单。',
    '请退还实例本身，超出部分将从续费订单的退款中扣除。',
  ),
  NOT_RETURNED: say(
    'This is not the refund of the return that put the instance into the bin.',
    'Only that one can be undone, and only while the instance is in the bin.',
    '该退款不是使实例进入回收站的那次退还。',
    '只有实例仍在回收站中时，才能撤销那次退还。',
  ),
  MONEY_SPENT: say(
    'The account’s balances no longer hold what was refunded.',
    'Have the account topped up by what is missing, then undo the return.',
    '账户余额已不足以收回该退款。',
    '请补足余额后再撤销退还。',
  ),
  UNKNOWN_INSTANCE: say(
    'There is no such instance.',
    'Check its id; the others are quoted all the same.',
    '实例不存在。',
    '请检查实例 ID；其他实例不受影响。',
  ),
  ENDED_OTHERWISE: say(
    'The instance ended in another way before the time came.',
    'Nothing to do; its timeline says how it ended.',
    '实例在预定时间之前已因其他原因结束。',
    '无需操作；可在历史记录中查看原因。',
  ),
  BY_TRAFFIC: say(
    'The instance’s network is billed by traffic already.',
    'Nothing to do.',
    '该实例已按流量计费。',
    '无需操作。',
  ),
  UNSIGNED: say(
    'The message is not signed by the API, so nobody vouches for who sent it and what it states.',
    'Send it through the API. A message of your own can terminate by a quote, cancel, restore and purge, where the setting SUNSET_UNSIGNED lets it.',
    '该消息未经 API 签名，无法确认发送者及其内容。',
    '请通过 API 提交。自行发送的消息仅可按报价销毁、取消、恢复和立即下线，且需 SUNSET_UNSIGNED 允许。',
  ),
  BAD_SIGNATURE: say(
    'The message’s signature is not that of this installation’s API, or is more than seven days old.',
    'Give every API and every worker the same SUNSET_OPERATOR_KEY, then send the command again through the API.',
    '该消息的签名并非由本系统的 API 生成，或已超过七天。',
    '请为所有 API 与 worker 设置相同的 SUNSET_OPERATOR_KEY，然后通过 API 重新提交。',
  ),
  COMMAND_ID_REUSED: say(
    'Another command came under this id before.',
    'Send this one under an id of its own; over the API that is a new Idempotency-Key.',
    '该 ID 曾用于另一个操作。',
    '请使用新的 ID 重新提交；通过 API 提交时请使用新的幂等键。',
  ),
  NOT_POSSIBLE: say(
    'The step can’t be recorded, however often it is tried; nothing has changed.',
    'Tell the operator: the worker’s log says why. Once that is put right, ask again under a new id.',
    '该操作无法记录，重试也不会成功；没有任何变更。',
    '请联系运维人员：工作进程的日志中有原因。修复后请使用新的 ID 重新提交。',
  ),
  TOO_MANY_ORDERS: say(
    'The instance has as many orders as one can have (500).',
    'Renew for more months at a time, on a new instance.',
    '实例的订单数量已达上限（500）。',
    '请在新实例上以更长的时长续费。',
  ),
  ENDS_TOO_LATE: say(
    'The order would end after the year 2200.',
    'Renew for fewer months.',
    '订单的结束时间将晚于 2200 年。',
    '请缩短续费时长。',
  ),
  MONTHLY_SETTLED: say(
    'The instance was bought with monthly settlement and switched to prepaid; it can’t be returned.',
    'Let it expire.',
    '后付费月结购买的设备切换为预付费后不能退货。',
    '请等待到期。',
  ),
  PROMOTION_CHANNEL: say(
    'Orders of the promotion channel can’t be returned by self-service.',
    'Ask an operator for an assisted refund; a fee of 25 % of the cash paid applies.',
    '推广奖励渠道订单暂不支持自助退款。',
    '请联系在线客服申请退款，将收取实际现金支付金额的25%作为手续费。',
  ),
  APPROVAL_REQUIRED: say(
    'This return needs an operator’s approval.',
    'Ask an operator to approve it.',
    '该退还需要运营人员审批。',
    '请联系运营人员审批。',
  ),
  IN_REVIEW: say(
    'A refund request of this instance waits for a decision.',
    'Have it approved or denied first.',
    '该实例有待审核的退款申请。',
    '请先审批该申请。',
  ),
  QUOTA_USED: say(
    'The account has used up its self-service returns of this product.',
    'The instance ends by itself when it expires.',
    '该账号已使用完包年包月自助退还的限额。',
    '实例到期后会自动销毁。',
  ),
  FIVE_DAY_NOT_POSSIBLE: say(
    'The item that `fiveDayFor` names can’t use the five-day return: its five days are over, its network was switched, or the right is used.',
    'Leave `fiveDayFor` out, or name an item that can use it.',
    '`fiveDayFor` 指定的实例不能使用五天无理由退还：已超过五天、网络计费已切换，或该权益已用完。',
    '请去掉 `fiveDayFor`，或指定可以使用该权益的实例。',
  ),
  IN_ARREARS: say(
    'The account is in arrears.',
    'Settle what is owed first.',
    '账户已欠费。',
    '请先结清欠款。',
  ),
  FAMILY_EXCLUDED: say(
    'Instances of this family can’t be returned by ordinary self-service.',
    'Let the instance expire.',
    '该机型暂不支持普通自助退还。',
    '请等待实例到期。',
  ),
  ZONE_EXCLUDED: say(
    'Instances in this zone can’t be returned by ordinary self-service.',
    'Let the instance expire.',
    '该可用区的实例暂不支持普通自助退还。',
    '请等待实例到期。',
  ),
  ACTIVITY_RESOURCE: say(
    'Resources bought in an activity can’t be returned by ordinary self-service.',
    'Let the instance expire.',
    '活动资源暂不支持普通自助退还。',
    '请等待实例到期。',
  ),
  INSUFFICIENT_BALANCE: say(
    'The account’s balance does not cover the renewal.',
    'Top up the account, or have the operator state what was paid.',
    '账户余额不足以支付续费。',
    '请充值，或由运营方提供支付信息。',
  ),
  QUOTE_STALE: say(
    'What the quote was based on has changed.',
    'Get a new quote and confirm that one.',
    '报价所依据的信息已变化。',
    '请重新获取报价并确认。',
  ),
  PRICES_REFUSED: say(
    'The prices are in another currency than the instance’s, or lack one that its refunds need.',
    'Send `prices` of the instance’s currency with `month` and `hour`.',
    '价格币种与实例不同，或缺少退款计算所需的价格。',
    '请使用实例的币种，并提供 `month` 与 `hour`。',
  ),
  PRICE_VERSION_USED: say(
    'The instance has other prices under this version.',
    'Send the new prices under a version of their own.',
    '该实例的此价格版本已有不同的价格。',
    '请为新价格使用新的版本。',
  ),
  TOO_MANY_PRICES: say(
    'The instance has had 500 price snapshots.',
    'Let it end, and register its successor with the new prices.',
    '该实例的价格快照已达 500 个。',
    '请在该实例结束后，以新价格登记后续实例。',
  ),
  PRICE_MISSING: say(
    'The instance has no monthly price to reckon the renewal with.',
    'Have the operator state `paid`.',
    '实例没有包月价格，无法计算续费金额。',
    '请由运营方提供 `paid`。',
  ),
};

/** The numbers that come with each code. */
type Numbers = { [Code in WarningCode]: Extract<NumberedWarning, { code: Code }> };

/** The sentence of each warning, from its numbers. */
export const WARNING_SENTENCES: { [Code in WarningCode]: (numbers: Numbers[Code]) => Text } = {
  WAITING_PAYS_MORE: ({ amount, currency, at, ended }) => ({
    en: `Returned at ${at} the refund would be ${amount} ${currency}: ${
      ended
        ? `order ${ended} has ended then, and what was used of it is taken off no more`
        : 'whole months cost less than their hours'
    }.`,
    zh: `若在 ${at} 退还，退款金额为 ${amount} ${currency}：${ended ? `届时订单 ${ended} 已结束，其已使用费用不再扣除` : '满整月按月价计算更划算'}。`,
  }),
  HOURS_STOPPED: ({ amount, currency, at }) => ({
    en: `The host’s hours count until the upgrade at ${at}; those since then, ${amount} ${currency}, are not taken off.`,
    zh: `主机按小时费用计至 ${at} 升配为止；此后的 ${amount} ${currency} 未扣除。`,
  }),
  WAITING_PAYS_LESS: ({ at, after }) => ({
    en: `The five-day return ends at ${at}; after it ${after ? `the refund would be ${money(after)}` : 'no self-service return is left'}.`,
    zh: `五天无理由退还将于 ${at} 截止；此后${after ? `退款金额为 ${money(after)}` : '不能自助退还'}。`,
  }),
  CLIFF_AHEAD: ({ at, from, to }) => ({
    en: `Until ${at} the refund is ${money(from)}; from the next second on ${to ? `it is ${money(to)}` : 'no self-service return is left'}.`,
    zh: `至 ${at} 退款金额为 ${money(from)}；自下一秒起${to ? `为 ${money(to)}` : '不能自助退还'}。`,
  }),
  DISK_NOT_KEPT: ({ disks }) => ({
    en: `Destroyed with the instance although deleteWithInstance is false: ${disks.join(', ')}. The product does not go by that attribute; take a snapshot first.`,
    zh: `以下云硬盘虽设置了 deleteWithInstance=false，仍会随实例销毁：${disks.join(', ')}。该产品不支持此属性，请先创建快照。`,
  }),
  REFUND_IS_ZERO: () => ({
    en: 'Nothing is paid back, and the instance is cleared all the same.',
    zh: '退款金额为零，资源仍会被清退。',
  }),
};

const money = ({ amount, currency }: { amount: string; currency: string }): string => `${amount} ${currency}`;

/** What a warning says; a policy's notices, and warnings that an earlier version stored, bring their words. */
export function warningSentence(warning: Warning): Text {
  return 'message' in warning ? warning.message : numberedSentence(warning.code, warning);
}

const numberedSentence = <Code extends WarningCode>(code: Code, numbers: Numbers[Code]): Text =>
  WARNING_SENTENCES[code](numbers);

/** Why Sunset itself has denied a refund request: its instance ended by this command or deadline (M25). */
export const endedInReview = (command: string): Text => ({
  en: `The instance ended while the request was in review (${command}).`,
  zh: `申请审核期间实例已结束（${command}）。`,
});

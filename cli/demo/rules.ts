/** What the four documents say, in a sentence each. The numbers are those of docs/requirements.md. */
import type { Text } from '../../domain/text';

const rule = (en: string, zh: string): Text => ({ en, zh });

export const RULES = {
  '000-03': rule(
    'A pay-as-you-go CVM is terminated immediately or at a set time.',
    '按量计费云服务器可立即销毁或定时销毁。',
  ),
  '000-05': rule(
    'Released now, its data is cleared and can’t be restored.',
    '立即释放：数据被清除且不可恢复。',
  ),
  '000-06': rule(
    '“2 hours later” releases it two hours after the request.',
    '“2 小时后释放”：请求后两小时释放资源。',
  ),
  '000-07': rule('A timed termination needs its time.', '定时销毁必须指定销毁时间。'),
  '000-08': rule('At that time the instance is terminated and released.', '到时实例被销毁并释放。'),
  '000-14': rule(
    'Before it starts, what goes and what stays is confirmed.',
    '开始销毁前，需确认实际销毁与保留的资源。',
  ),
  '000-20': rule('Cancelling a timed termination takes effect immediately.', '取消定时销毁后立即生效。'),
  '000-22': rule('Nothing was paid in advance, so nothing is paid back.', '没有预付费用，因此没有退款。'),
  '001-02': rule(
    'A returned prepaid instance is kept in the recycle bin for 7 days.',
    '被退还的包年包月实例移入回收站保留 7 天。',
  ),
  '001-03': rule(
    'Within the 7 days, powering on with a renewal restores it.',
    '7 天之内可以重新开机并续费，恢复实例资源。',
  ),
  '001-04': rule(
    'After 7 days without renewal it is destroyed by itself.',
    '7 天之后仍未续费，系统将自动销毁该资源。',
  ),
  '001-07': rule(
    'A destroyed pay-as-you-go instance is isolated for 2 hours.',
    '按量计费实例销毁后在回收站隔离 2 小时。',
  ),
  '001-08': rule('Within 2 hours, powering on restores it.', '2 小时之内可以开机恢复。'),
  '001-09': rule('After 2 hours it is taken offline for good.', '2 小时之后系统直接下线实例资源。'),
  '001-10': rule('Once it is isolated, no further fees arise.', '状态变为已隔离后不再产生费用。'),
  '001-12': rule('IP resources are released with it.', '实例销毁后 IP 资源同时释放。'),
  '001-13': rule('A five-day return pays back to the account.', '5 天无理由自助退还的金额退还至腾讯云账户。'),
  '001-14': rule(
    'An ordinary return pays back in the cash : gift ratio of the purchase.',
    '普通自助退还按购买时现金与赠送金的支付比例退还。',
  ),
  '001-15': rule(
    'Orders of the promotion channel cost a fee of 25 % of the cash that was paid.',
    '推广奖励渠道订单退款收取订单实际现金支付金额 25% 的手续费。',
  ),
  '001-16': rule(
    'Orders of the promotion channel can’t be returned by self-service.',
    '推广奖励渠道订单暂不支持自助退款。',
  ),
  '001-31': rule('“Take offline now” in the bin destroys at once.', '回收站中“立即下线”将直接销毁实例资源。'),
  '002-02': rule('Only a stopped instance may be deleted.', '实例必须处于“已停止”状态才能删除。'),
  '002-03': rule('A running one must be stopped first.', '运行中的实例需先停止。'),
  '002-05': rule(
    'A monthly package may be deleted only after it expired.',
    '包年包月实例到期前不允许删除，到期后才允许。',
  ),
  '002-07': rule('Cloud disks follow their configured delete attribute.', '挂载的云硬盘按其删除属性处理。'),
  '002-08': rule('The elastic IP is retained.', '关联的弹性公网 IP 会继续保留。'),
  '002-17': rule('There is no recycle bin and no refund.', '没有回收站，也没有退款。'),
  '003-02': rule(
    'Each account may return one CVM within five days, without a reason.',
    '每个账户可享受 1 次 1 台云服务器五天无理由退还。',
  ),
  '003-09': rule(
    'It pays back everything spent: cash, income and gift.',
    '退款金额为购买时花费的全部消耗金额。',
  ),
  '003-10': rule('Vouchers are not paid back.', '抵扣的代金券不予以退还。'),
  '003-13': rule(
    'Each account may make three ordinary returns by self-service.',
    '每个账户支持 3 台包年包月云服务器自助退还。',
  ),
  '003-18': rule(
    'Once it is terminating or terminated, no fees arise.',
    '状态变为销毁中或已销毁后不再产生费用。',
  ),
  '003-20': rule('Elastic cloud disks are retained.', '弹性云盘会继续保留。'),
  '003-21': rule(
    'The instance stays in the CVM recycle bin for 7 days.',
    '实例被移入云服务器回收站保留七天。',
  ),
  '003-23': rule(
    'Refund = the order in force + orders not started − the value used.',
    '退款金额 = 当前有效订单金额 + 未开始订单金额 − 资源已使用价值。',
  ),
  '003-27': rule(
    'Whole months used cost the monthly price, with the official discount.',
    '已满整月的，按包年包月价格及对应官网折扣扣除。',
  ),
  '003-28': rule(
    'A part of a month costs the pay-as-you-go price.',
    '不满整月的，按已使用时长的按量计费价格扣除。',
  ),
  '003-33': rule(
    'Ordinary refunds go back in the ratio of cash and gift paid.',
    '退款按现金与赠送金的支付比例退还。',
  ),
  '003-37': rule(
    'Example, five days: the whole payment of 407.96 comes back.',
    '五天无理由案例：退还真实支付价 407.96 元。',
  ),
  '003-39': rule(
    'Example 2, used 48 h: 407.96 − 48 × 0.42 = 387.80.',
    '案例 2，使用 48 小时：407.96 − 48 × 0.42 = 387.80。',
  ),
  '003-40': rule(
    'Example 3, renewed for 507.96: 407.96 − 0.42 × 48 + 507.96 = 895.76.',
    '案例 3，续费 507.96：407.96 − 0.42 × 48 + 507.96 = 895.76。',
  ),
  '003-41': rule(
    'Example 4, upgraded for 100 after 12 h: 407.96 − 0.42 × 12 + 100 / 365 × (365 − 3) = 502.10.',
    '案例 4，12 小时后升配 100：407.96 − 0.42 × 12 + 100 / 365 × (365 − 3) = 502.10。',
  ),
} satisfies Record<string, Text>;

export type RuleNumber = keyof typeof RULES;

/** Document 003: returning a prepaid CVM, with its worked examples to the cent. */

import type {
  AccountAnswer,
  QuoteAnswer,
  RefundAnswer,
  RefundRequestAnswer,
  TerminationAnswer,
} from '../../contract/answers';
import { addMonths } from '../../domain/calendar';
import { Api, refundPath } from '../sunset/client';
import { cvmPrepaid, purchase } from './instances';
import { between, DAY, HOUR, type PlayedLife, quoteInWords, total } from './life';
import { alone, type Chapter, type Scenario } from './plot';
import type { RuleNumber } from './rules';

const STATE = { en: 'its state', zh: '实例状态' };
const REFUSED = { en: 'refused', zh: '拒绝原因' };
const BOUGHT = {
  en: 'a CVM, bought just now for a year: 51 × 12 × 0.83 = 507.96, less a voucher of 100 = 407.96',
  zh: '刚购买一年的云服务器：51 × 12 × 0.83 = 507.96，使用代金券 100，实付 407.96',
};
const AFTER_48_H = { en: '48 hours later', zh: '48 小时后' };

async function buy(life: PlayedLife, channel?: string): Promise<number> {
  const at = new Date();
  await life.register(cvmPrepaid(purchase(at, undefined, channel)), BOUGHT);
  return at.getTime();
}

/**
 * Quotes and confirms a return, and follows the money to the cent: quote, refund, its lines and its postings
 * agree.
 */
async function giveBack(
  life: PlayedLife,
  rule: RuleNumber,
  kind: string,
  amount: string,
): Promise<QuoteAnswer> {
  const quote = await life.quote('return');
  life.check(rule, { en: 'quoted', zh: '报价' }, quoteInWords(quote), `${kind} ${amount}`);
  const { refundId } = await life.confirm(quote);
  const booked = await life.api.get<RefundAnswer>(`/v1/refunds/${encodeURIComponent(refundId ?? '')}`);
  life.check(rule, { en: 'refunded', zh: '退款' }, `${booked.status} ${booked.amount}`, `done ${amount}`);
  life.check(
    rule,
    { en: 'sum of its lines', zh: '明细合计' },
    total(booked.lines.map((line) => line.amount)),
    amount,
  );
  const sums = ['refunds', 'customer:cash'].map((name) =>
    total(booked.entries.filter((entry) => entry.destination === name).map((entry) => entry.amount)),
  );
  life.check(
    rule,
    { en: 'booked: taken back, credited in cash', zh: '记账：冲回、退至现金账户' },
    sums.join(', '),
    `${amount}, ${amount}`,
  );
  return quote;
}

const fiveDay: Scenario = {
  name: 'cvm-five-day',
  title: { en: 'five days, no reason', zh: '五天无理由退还' },
  play: async (life) => {
    const bought = await buy(life);
    await life.forwardTo(bought + 2 * DAY, { en: 'two days later', zh: '两天后' });
    life.asks({ en: 'return it: the account’s first', zh: '退还（该账户首次）' });
    life.cite('003-02', '003-09', '003-10', '003-37');
    const quote = await giveBack(life, '003-37', 'five-day', '407.96');
    const kept = quote.items[0]!.plan.retain.map(({ id }) => id).join(', ');
    life.check('003-20', { en: 'kept', zh: '保留' }, kept, 'disk-elastic, ip-elastic');
    life.cite('003-21');
    const { isolatedAt, purgeTime } = await life.look();
    life.check('003-21', { en: 'in the bin for', zh: '回收站保留' }, between(isolatedAt, purgeTime), '7 d');
    const after = await life.forwardTo(Date.parse(purgeTime!) + 1000, {
      en: 'the seven days are over',
      zh: '七天已到',
    });
    life.check('003-21', STATE, after.state, 'terminated');
  },
};

const ordinary: Scenario = {
  name: 'cvm-48h',
  title: { en: 'example 2: ordinary, used 48 hours', zh: '案例 2：普通退还，使用 48 小时' },
  play: async (life) => {
    const bought = await buy(life);
    await life.forwardTo(bought + 48 * HOUR, AFTER_48_H);
    life.asks({ en: 'return it: not the account’s first', zh: '退还（非该账户首次）' });
    life.cite('003-23', '003-28', '003-39');
    await giveBack(life, '003-39', 'ordinary', '387.80');
    life.check('003-21', STATE, (await life.look()).state, 'isolated');
  },
};

const renewed: Scenario = {
  name: 'cvm-renewed',
  title: { en: 'example 3: renewed meanwhile', zh: '案例 3：期间续费' },
  play: async (life) => {
    const bought = await buy(life);
    life.asks({ en: 'renew it for another year, 507.96 in cash', zh: '续费一年，现金 507.96' });
    await life.command('orders', { kind: 'renewal', months: 12, paid: { cash: '507.96' } });
    await life.forwardTo(bought + 48 * HOUR, AFTER_48_H);
    life.asks({ en: 'return it', zh: '退还' });
    life.cite('003-23', '003-40');
    await giveBack(life, '003-40', 'ordinary', '895.76');
  },
};

const upgraded: Scenario = {
  name: 'cvm-upgraded',
  title: { en: 'example 4: upgraded meanwhile', zh: '案例 4：期间升配' },
  play: async (life) => {
    const bought = await buy(life);
    await life.forwardTo(bought + 12 * HOUR, { en: '12 hours later', zh: '12 小时后' });
    life.asks({ en: 'upgrade it, 100 in cash', zh: '升级配置，现金 100' });
    await life.command('orders', { kind: 'upgrade', paid: { cash: '100' } });
    await life.forwardTo(bought + 72 * HOUR, { en: '72 hours after the purchase', zh: '购买 72 小时后' });
    life.asks({ en: 'return it', zh: '退还' });
    life.cite('003-23', '003-41');
    await giveBack(life, '003-41', 'ordinary', '502.10');
  },
};

const quotaUsed: Scenario = {
  name: 'cvm-quota-used',
  title: { en: 'the fifth of the account: the quota is used up', zh: '该账户的第 5 台：额度已用完' },
  play: async (life) => {
    await buy(life);
    life.asks({ en: 'return it', zh: '退还' });
    life.cite('003-13');
    const { items } = await life.quote('return');
    life.check('003-13', REFUSED, items[0]!.blockers.map(({ code }) => code).join(', '), 'QUOTA_USED');
    await books(life);
  },
};

/** The account after one five-day and three ordinary returns. */
async function books(life: PlayedLife): Promise<void> {
  const { balances, rights } = await life.api.get<AccountAnswer>(`/v1/accounts/${life.account}`);
  const right = rights.find((one) => one.product === 'tencent-cvm');
  const used = `${right?.fiveDay.used}/${right?.fiveDay.limit}, ${right?.ordinary.used}/${right?.ordinary.limit}`;
  life.check(
    '003-13',
    { en: 'rights used: five-day, ordinary', zh: '已用额度：五天无理由、普通' },
    used,
    '1/1, 3/3',
  );
  const expected = ['407.96', '387.80', '895.76', '502.10'];
  const cash = balances[0]?.cash ?? '';
  life.check('003-09', { en: 'the account’s cash', zh: '账户现金余额' }, cash, total(expected));
  const amounts = (await life.statement()).map((one) => one.amount);
  life.check('003-33', { en: 'its statement', zh: '收支明细' }, amounts.join(', '), expected.join(', '));
}

const promotion: Scenario = {
  name: 'cvm-promotion',
  title: { en: 'bought in the promotion channel', zh: '推广奖励渠道订单' },
  play: async (life) => {
    await buy(life, 'promotion');
    life.asks({ en: 'return it', zh: '退还' });
    life.cite('001-16');
    const { items } = await life.quote('return');
    life.check('001-16', REFUSED, items[0]!.blockers.map(({ code }) => code).join(', '), 'PROMOTION_CHANNEL');
    life.check('001-16', STATE, (await life.look()).state, 'running');
    life.asks({ en: 'ask support for it; somebody else approves', zh: '联系客服申请退款，由他人审批' });
    life.cite('001-15');
    const asked = { instanceId: life.id, reason: 'bought by mistake' };
    const { body: request } = await life.api.post<RefundRequestAnswer>('/v1/refund-requests', asked);
    life.check(
      '001-15',
      { en: 'the fee, shown before approval', zh: '审批前显示的手续费' },
      request.preview.refund.fee ?? '',
      '101.99',
    );
    await approve(life, request);
    const { status, amount } = await life.api.get<RefundAnswer>(refundPath(request.refundId));
    life.check('001-15', { en: 'refunded', zh: '退款' }, `${status} ${amount}`, 'done 305.97');
    life.check('001-15', STATE, (await life.look()).state, 'isolated');
  },
};

/** Nobody approves what they asked for themselves: this is another person, with a key of her own. */
async function approve(life: PlayedLife, { id, refundId }: RefundRequestAnswer): Promise<void> {
  const permissions = ['refund:approve', 'read'];
  const { body: reviewer } = await life.api.post<{ key: string }>('/v1/keys', {
    account: life.account,
    name: 'reviewer',
    permissions,
  });
  const api = new Api({ ...life.api.options, key: reviewer.key });
  const { now } = await api.get<RefundRequestAnswer>(`/v1/refund-requests/${id}`);
  const seen = { amount: now?.refund.amount, asOf: now?.asOf };
  await api.post(`/v1/refund-requests/${id}/approve`, { reason: 'checked with sales', ...seen });
  const { terminationId } = await life.api.get<RefundAnswer>(refundPath(refundId));
  await life.carriedOut(await life.api.get<TerminationAnswer>(`/v1/terminations/${terminationId}`));
}

const month: Scenario = {
  name: 'cvm-one-month',
  title: { en: 'used for one month', zh: '使用满一个月' },
  play: async (life) => {
    const bought = await buy(life);
    const later = addMonths(new Date(bought).toISOString(), 1, 'Asia/Shanghai');
    await life.forwardTo(Date.parse(later), { en: 'one calendar month later', zh: '一个自然月后' });
    life.asks({ en: 'return it', zh: '退还' });
    life.cite('003-23', '003-27');
    life.tell({ en: '407.96 − 1 × 51 = 356.96', zh: '407.96 − 1 × 51 = 356.96' });
    await giveBack(life, '003-27', 'ordinary', '356.96');
  },
};

export const cvmPrepaidChapter: Chapter = {
  document: '003',
  title: { en: 'Tencent CVM, prepaid', zh: '腾讯云 CVM，包年包月' },
  chains: [
    { account: 'cvm', parts: [fiveDay, ordinary, renewed, upgraded, quotaUsed] },
    alone(promotion),
    alone(month),
  ],
};

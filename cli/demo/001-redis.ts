/** Document 001: returning a prepaid Redis instance, destroying a pay-as-you-go one. */
import type { AccountAnswer, BinEntryAnswer, InstanceAnswer } from '../../contract/answers';
import { purchase, redisPostpaid, redisPrepaid } from './instances';
import { between, DAY, HOUR, type PlayedLife, quoteInWords, total } from './life';
import { alone, type Chapter, type Scenario } from './plot';

const STATE = { en: 'its state', zh: '实例状态' };
const BOUGHT = {
  en: 'a Redis instance, bought just now for a year: 307.96 in cash, 100 of gift balance, a voucher of 100',
  zh: '刚购买一年的 Redis 实例：现金 307.96，赠送金 100，代金券 100',
};
const MIX = { cash: '307.96', gift: '100', voucher: '100' };

async function buy(life: PlayedLife): Promise<number> {
  const at = new Date();
  await life.register(redisPrepaid(purchase(at, MIX)), BOUGHT);
  return at.getTime();
}

const restored: Scenario = {
  name: 'redis-restored',
  title: { en: 'returned, and restored by a renewal', zh: '退还后续费恢复' },
  play: async (life) => {
    const bought = await buy(life);
    await life.forwardTo(bought + 2 * DAY, { en: 'two days later', zh: '两天后' });
    life.asks({ en: 'return it', zh: '退货退费' });
    life.cite('001-02', '001-12', '001-13');
    const quote = await life.quote('return');
    const { plan } = quote.items[0]!;
    life.check('001-13', { en: 'paid back', zh: '退款金额' }, quoteInWords(quote), 'five-day 407.96');
    life.check(
      '001-12',
      { en: 'goes with it', zh: '同时释放' },
      plan.terminate.map(({ kind }) => kind).join(', '),
      'instance, address',
    );
    await life.confirm(quote);
    const { isolatedAt, purgeTime, state } = await life.look();
    life.check('001-02', STATE, state, 'isolated');
    life.check('001-02', { en: 'kept for', zh: '保留' }, between(isolatedAt, purgeTime), '7 d');
    await life.forwardTo(Date.parse(isolatedAt!) + 6 * DAY, {
      en: 'six days in the bin',
      zh: '在回收站 6 天',
    });
    life.asks({
      en: 'power on with a renewal of a month, paid from the balance',
      zh: '开机并续费 1 个月，从账户余额支付',
    });
    life.cite('001-03');
    const back = await life.command('restore', { renewal: { months: 1 } });
    life.check('001-03', STATE, back.state, 'running');
    const orders = back.orders.map((order) => order.status).join(', ');
    life.check('001-03', { en: 'its orders', zh: '订单' }, orders, 'closed, in-force');
  },
};

const released: Scenario = {
  name: 'redis-released',
  title: { en: 'returned, and released after 7 days', zh: '退还后 7 天释放' },
  play: async (life) => {
    const bought = await buy(life);
    await life.forwardTo(bought + 2 * DAY, { en: '48 hours later', zh: '48 小时后' });
    life.asks({ en: 'return it; it is not the account’s first', zh: '退货退费（非该账户首次）' });
    life.cite('001-14', '001-04');
    const quote = await life.quote('return');
    const { parts } = quote.items[0]!.refund;
    life.check('001-14', { en: 'paid back', zh: '退款金额' }, quoteInWords(quote), 'ordinary 387.80');
    // 387.80 × 307.96 / 407.96 = 292.7417…, the rest is gift.
    life.check(
      '001-14',
      { en: 'cash : gift', zh: '现金 : 赠送金' },
      `${parts?.cash} : ${parts?.gift}`,
      '292.74 : 95.06',
    );
    await life.confirm(quote);
    const { isolatedAt, purgeTime } = await life.look();
    life.check('001-02', { en: 'kept for', zh: '保留' }, between(isolatedAt, purgeTime), '7 d');
    const after = await life.forwardTo(Date.parse(purgeTime!) + 1000, {
      en: 'the seven days are over',
      zh: '七天已到',
    });
    life.check('001-04', STATE, after.state, 'terminated');
    await balance(life);
  },
};

/** Both returns are in, the renewal of a month is out: gift is spent before cash. */
async function balance(life: PlayedLife): Promise<void> {
  const { balances } = await life.api.get<AccountAnswer>(`/v1/accounts/${life.account}`);
  const [{ cash, gift } = { cash: '', gift: '' }] = balances;
  const expected = `${total(['307.96', '292.74'])} + ${total(['100.00', '-51.00', '95.06'])}`;
  const what = {
    en: 'the account has (cash + gift), after a renewal of 51.00',
    zh: '续费 51.00 后的账户余额（现金 + 赠送金）',
  };
  await life.statement();
  life.check('001-14', what, `${cash} + ${gift}`, expected);
}

const BEGINS = { en: 'a pay-as-you-go Redis instance runs', zh: '一个按量计费 Redis 实例正在运行' };

/** Destroys it, and sees that it lies in the bin for two hours without costing. */
async function destroy(life: PlayedLife): Promise<InstanceAnswer> {
  life.asks({ en: 'destroy it', zh: '销毁' });
  await life.end('terminate');
  const instance = await life.look();
  const { items } = await life.api.get<{ items: BinEntryAnswer[] }>('/v1/recycle-bin', {
    account: life.account,
  });
  const inBin = items.map((entry) => between(entry.isolatedAt, entry.purgeTime)).join(', ');
  life.check('001-07', { en: 'kept for', zh: '隔离时间' }, inBin, '2 h');
  const stopped = instance.billingStoppedAt !== null && instance.billingStoppedAt === instance.isolatedAt;
  life.check(
    '001-10',
    { en: 'billing stopped with the isolation', zh: '隔离时停止计费' },
    String(stopped),
    'true',
  );
  return instance;
}

const destroyed: Scenario = {
  name: 'redis-destroyed',
  title: { en: 'destroyed, restored, destroyed for good', zh: '销毁、开机恢复、再销毁' },
  play: async (life) => {
    await life.register(redisPostpaid(), BEGINS);
    life.cite('001-07', '001-10');
    const first = await destroy(life);
    await life.forwardTo(Date.parse(first.isolatedAt!) + HOUR, { en: 'an hour later', zh: '1 小时后' });
    life.asks({ en: 'power on', zh: '开机' });
    life.cite('001-08');
    life.check('001-08', STATE, (await life.command('restore')).state, 'running');
    const { purgeTime } = await destroy(life);
    life.cite('001-09');
    const after = await life.forwardTo(Date.parse(purgeTime!) + 1000, {
      en: 'the two hours are over',
      zh: '两小时已到',
    });
    life.check('001-09', STATE, after.state, 'terminated');
  },
};

const offline: Scenario = {
  name: 'redis-offline-now',
  title: { en: 'destroyed, and taken offline now', zh: '销毁后立即下线' },
  play: async (life) => {
    await life.register(redisPostpaid(), BEGINS);
    await destroy(life);
    life.asks({ en: 'take it offline now', zh: '立即下线' });
    life.cite('001-31');
    life.check('001-31', STATE, (await life.command('purge', { confirm: life.id })).state, 'terminated');
  },
};

export const redisChapter: Chapter = {
  document: '001',
  title: { en: 'Tencent Redis', zh: '腾讯云 Redis' },
  chains: [{ account: 'redis', parts: [restored, released] }, alone(destroyed), alone(offline)],
};

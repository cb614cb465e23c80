/** Document 000: terminating a pay-as-you-go CVM. */
import { cvmPostpaid } from './instances';
import { between, DAY, HOUR, type PlayedLife } from './life';
import { alone, type Chapter, type Scenario } from './plot';

const BEGINS = { en: 'a pay-as-you-go CVM runs', zh: '一台按量计费云服务器正在运行' };
const STATE = { en: 'its state', zh: '实例状态' };

const now: Scenario = {
  name: 'cvm-now',
  title: { en: 'terminated now', zh: '立即销毁' },
  play: async (life) => {
    await life.register(cvmPostpaid(), BEGINS);
    life.asks({ en: 'terminate it, release now', zh: '立即销毁，立即释放' });
    life.cite('000-03', '000-05', '000-14', '000-22');
    const quote = await life.quote('terminate');
    const { plan, refund } = quote.items[0]!;
    life.check(
      '000-14',
      { en: 'kept', zh: '保留' },
      plan.retain.map(({ id }) => id).join(', '),
      'disk-elastic, ip-elastic',
    );
    life.check('000-22', { en: 'refund', zh: '退款' }, refund.amount ?? '', '0.00');
    await life.confirm(quote);
    const { state, isolatedAt } = await life.look();
    life.check('000-05', STATE, state, 'terminated');
    life.check(
      '000-05',
      { en: 'was ever in a bin', zh: '是否进入回收站' },
      isolatedAt === null ? 'no' : 'yes',
      'no',
    );
  },
};

const later: Scenario = {
  name: 'cvm-2h-later',
  title: { en: 'terminated 2 hours later', zh: '2 小时后销毁' },
  play: async (life) => {
    await life.register(cvmPostpaid(), BEGINS);
    life.asks({ en: 'terminate it, release 2 hours later', zh: '销毁，2 小时后释放' });
    life.cite('000-06');
    await life.end('terminate', { mode: 'later' });
    const { isolatedAt, purgeTime, billingStoppedAt } = await life.look();
    life.check('000-06', { en: 'released after', zh: '多久后释放' }, between(isolatedAt, purgeTime), '2 h');
    life.check(
      '003-18',
      { en: 'billing stopped with the isolation', zh: '隔离时停止计费' },
      String(billingStoppedAt === isolatedAt),
      'true',
    );
    const due = Date.parse(purgeTime!);
    const before = await life.forwardTo(due - 60_000, {
      en: 'a minute before the two hours are over',
      zh: '两小时到期前一分钟',
    });
    life.check('000-06', STATE, before.state, 'isolated');
    const after = await life.forwardTo(due + 1000, { en: 'the two hours are over', zh: '两小时已到' });
    life.check('000-06', STATE, after.state, 'terminated');
  },
};

/** Asks for a termination so long from now, and answers when. */
async function schedule(life: PlayedLife, ms: number): Promise<string> {
  const at = new Date(Date.now() + ms).toISOString();
  life.cite('000-07');
  await life.end('terminate', { mode: 'timed', at });
  const { termination, state } = await life.look();
  life.check(
    '000-07',
    { en: 'terminated at the time that was given', zh: '按指定时间销毁' },
    String(termination?.at === at),
    'true',
  );
  life.check('000-07', { en: 'its state meanwhile', zh: '期间状态' }, state, 'running');
  return at;
}

const timed: Scenario = {
  name: 'cvm-timed',
  title: { en: 'terminated at a time', zh: '定时销毁' },
  play: async (life) => {
    await life.register(cvmPostpaid(), BEGINS);
    life.asks({ en: 'terminate it in 3 days', zh: '3 天后定时销毁' });
    const at = await schedule(life, 3 * DAY);
    life.cite('000-08');
    const after = await life.forwardTo(Date.parse(at) + 1000, { en: '3 days later', zh: '3 天后' });
    life.check('000-08', STATE, after.state, 'terminated');
  },
};

const cancelled: Scenario = {
  name: 'cvm-cancelled',
  title: { en: 'timed, moved, cancelled', zh: '定时、改期、取消' },
  play: async (life) => {
    await life.register(cvmPostpaid(), BEGINS);
    life.asks({ en: 'terminate it in 2 days', zh: '2 天后定时销毁' });
    const first = await schedule(life, 2 * DAY);
    life.asks({ en: 'move it to the fifth day', zh: '改为第 5 天' });
    const at = new Date(Date.parse(first) + 3 * DAY).toISOString();
    const moved = await life.command('reschedule', { at });
    life.check(
      '000-07',
      { en: 'moved to the new time', zh: '已改为新时间' },
      String(moved.termination?.at === at),
      'true',
    );
    const third = await life.forwardTo(Date.parse(first) + DAY, {
      en: 'the third day: the old time is past',
      zh: '第 3 天：原时间已过',
    });
    life.check('000-08', STATE, third.state, 'running');
    life.asks({ en: 'cancel it', zh: '取消定时销毁' });
    life.cite('000-20');
    const { termination } = await life.command('cancel');
    life.check(
      '000-20',
      { en: 'scheduled still', zh: '是否仍有定时' },
      termination === null ? 'no' : 'yes',
      'no',
    );
    const after = await life.forwardTo(Date.parse(at) + HOUR, {
      en: 'past the fifth day',
      zh: '第 5 天之后',
    });
    life.check('000-20', STATE, after.state, 'running');
  },
};

export const cvmPayAsYouGoChapter: Chapter = {
  document: '000',
  title: { en: 'Tencent CVM, pay as you go', zh: '腾讯云 CVM，按量计费' },
  chains: [now, later, timed, cancelled].map(alone),
};

/** Document 002: deleting a JD Cloud VM. */
import { jdPackage, jdPostpaid } from './instances';
import { DAY } from './life';
import { alone, type Chapter, type Scenario } from './plot';

const STATE = { en: 'its state', zh: '实例状态' };
const REFUSED = { en: 'refused', zh: '拒绝原因' };

const stopped: Scenario = {
  name: 'jd-stopped',
  title: { en: 'must be stopped', zh: '必须先停止' },
  play: async (life) => {
    await life.register(jdPostpaid(), { en: 'a pay-as-you-go VM runs', zh: '一台按量计费云主机正在运行' });
    life.asks({ en: 'delete it', zh: '删除' });
    life.cite('002-02', '002-03');
    const early = await life.quote('terminate');
    life.check('002-03', REFUSED, early.items[0]!.blockers.map(({ code }) => code).join(', '), 'NOT_STOPPED');
    life.asks({ en: 'stop it, then delete it', zh: '先停止再删除' });
    life.check('002-03', STATE, (await life.command('stop')).state, 'stopped');
    life.cite('002-07', '002-08', '002-17');
    const quote = await life.quote('terminate');
    const { plan, refund } = quote.items[0]!;
    life.check(
      '002-07',
      { en: 'deleted with it', zh: '随实例删除' },
      plan.terminate
        .map(({ id }) => id)
        .slice(1)
        .join(', '),
      'disk-delete',
    );
    life.check(
      '002-08',
      { en: 'kept', zh: '保留' },
      plan.retain.map(({ id }) => id).join(', '),
      'disk-keep, ip-elastic',
    );
    await life.confirm(quote);
    const { state, isolatedAt } = await life.look();
    life.check('002-02', STATE, state, 'terminated');
    const none = `${isolatedAt === null ? 'no bin' : 'a bin'}, ${refund.amount}`;
    life.check('002-17', { en: 'bin and refund', zh: '回收站与退款' }, none, 'no bin, 0.00');
  },
};

const monthly: Scenario = {
  name: 'jd-package',
  title: { en: 'a monthly package, before and after it expired', zh: '包年包月，到期前与到期后' },
  play: async (life) => {
    const at = new Date();
    await life.register(jdPackage(at), {
      en: 'a VM, bought just now for a month',
      zh: '刚购买一个月的云主机',
    });
    life.asks({ en: 'stop and delete it', zh: '停止并删除' });
    life.cite('002-05');
    await life.command('stop');
    const early = await life.quote('terminate');
    life.check('002-05', REFUSED, early.items[0]!.blockers.map(({ code }) => code).join(', '), 'NOT_EXPIRED');
    const expired = await life.forwardTo(at.getTime() + 31 * DAY, {
      en: 'the month is over',
      zh: '一个月已到期',
    });
    life.check('002-05', STATE, expired.state, 'expired');
    life.asks({ en: 'delete it', zh: '删除' });
    await life.end('terminate');
    life.check('002-05', STATE, (await life.look()).state, 'terminated');
  },
};

export const jdVmChapter: Chapter = {
  document: '002',
  title: { en: 'JD Cloud VM', zh: '京东云云主机' },
  chains: [stopped, monthly].map(alone),
};

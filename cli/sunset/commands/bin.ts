/** `sunset bin`, `restore`, `purge`: the recycle bin and the two ways out of it. */
import type { Command } from 'commander';
import type {
  AcceptedAnswer,
  BinEntryAnswer,
  InstanceAnswer,
  QuoteAnswer,
  RefundAnswer,
} from '../../../contract/answers';
import type { Text } from '../../../domain/text';
import { instancePath } from '../client';
import { checkConfirmable, confirmTyped, isAsked } from '../confirm';
import { type ListOptions, list, paged } from '../lists';
import { mention, print } from '../output';
import { eachOf } from '../progress';
import { commandAll, run } from '../run';
import { commandInstance, type Session, Usage } from '../session';
import { when } from '../text';
import { destroying } from './end';

const HEAD: Text[] = [
  { en: 'instance', zh: '实例' },
  { en: 'account', zh: '账号' },
  { en: 'product', zh: '产品' },
  { en: 'billing', zh: '计费' },
  { en: 'by', zh: '原因' },
  { en: 'isolated', zh: '隔离时间' },
  { en: 'released', zh: '释放时间' },
  { en: 'restore', zh: '恢复' },
];

type BinFilter = ListOptions & { account?: string; product?: string; region?: string };

export function addBin(program: Command): void {
  paged(program.command('bin').description('what is in the recycle bin, the next to be released first'))
    .option('--account <account>', 'of one account')
    .option('--product <product>', 'of one product')
    .option('--region <region>', 'of one region')
    .action(async ({ account, product, region, ...page }: BinFilter, command: Command) =>
      run(command, (session) =>
        list<BinEntryAnswer>(
          session,
          '/v1/recycle-bin',
          { account, product, region },
          page,
          HEAD,
          rowOf(session),
        ),
      ),
    );
  program
    .command('restore')
    .description('restore instances from the bin')
    .argument('<id...>', 'instances')
    .option('--months <n>', 'renew for so many months: what a prepaid instance needs')
    .option(
      '--paid <source=amount,...>',
      'what was paid for it (cash, gift, income, voucher); else Sunset debits the account',
    )
    .action(async (ids: string[], options: { months?: string; paid?: string }, command: Command) =>
      run(command, (session) => restore(session, ids, options)),
    );
  destroying(program.command('purge').description('release instances from the bin for good'))
    .argument('<id...>', 'instances')
    .action(async (ids: string[], { yesDestroy }: { yesDestroy: string[] }, command: Command) =>
      run(command, (session) => purge(session, ids, yesDestroy)),
    );
}

const rowOf =
  ({ say }: Session) =>
  (entry: BinEntryAnswer) => [
    entry.instanceId,
    entry.account,
    entry.product,
    entry.billing,
    entry.cause,
    when(entry.isolatedAt),
    when(entry.purgeTime),
    entry.needsRenewal ? say({ en: 'by renewal', zh: '需续费' }) : say({ en: 'free', zh: '直接开机' }),
  ];

async function restore(
  session: Session,
  ids: string[],
  { months, paid }: { months?: string; paid?: string },
): Promise<number> {
  if (months === undefined && paid !== undefined) throw new Usage('--paid goes with --months');
  const renewal =
    months === undefined
      ? undefined
      : { months: wholeNumber(months), ...(paid === undefined ? {} : { paid: parts(paid) }) };
  return await commandAll(session, ids, session.say({ en: 'restoring', zh: '恢复' }), (id) =>
    commandInstance<InstanceAnswer | AcceptedAnswer>(session, id, 'restore', renewal ? { renewal } : {}),
  );
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Usage(`--months must be a whole number, not ${text}`);
  return Number(text);
}

/** `cash=51,gift=0`; which sources there are, and what an amount is, the API says. */
function parts(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [source, amount, ...more] = pair.split('=').map((one) => one.trim());
      if (!source || !amount || more.length)
        throw new Usage(`--paid must look like cash=51,gift=0; ${pair} does not`);
      return [source, amount];
    }),
  );
}

/** L6: irreversible. What goes is shown, and each id is typed, or named by an option. */
async function purge(session: Session, ids: string[], named: string[]): Promise<number> {
  checkConfirmable(session, ids, named);
  if (isAsked(ids, named) || !session.json) {
    const plans = await eachOf(ids, (id) => planOf(session, id), session.say({ en: 'looking', zh: '查询' }));
    (session.json ? mention : print)(plans.join('\n'));
  }
  await confirmTyped(session, ids, named);
  return await commandAll(session, ids, session.say({ en: 'releasing', zh: '释放' }), (id) =>
    commandInstance<InstanceAnswer | AcceptedAnswer>(session, id, 'purge', { confirm: id }),
  );
}

/** A quote of an instance in the bin is blocked, and has the plan all the same. */
async function planOf({ api, say }: Session, id: string): Promise<string> {
  const instance = await api.get<InstanceAnswer>(instancePath(id));
  const action = instance.billing === 'prepaid' ? 'return' : 'terminate';
  const [{ body: quote }, { items: refunds }] = await Promise.all([
    api.post<QuoteAnswer>('/v1/quotes', { action, instanceIds: [id] }),
    api.get<{ items: RefundAnswer[] }>('/v1/refunds', { instanceId: id, status: 'done', limit: 1 }),
  ]);
  const { terminate = [], retain = [] } = quote.items[0]?.plan ?? {};
  const names = (parts: { id: string }[]): string => parts.map((part) => part.id).join(', ') || '–';
  const [refund] = refunds;
  const paid = refund
    ? say({
        en: `${refund.amount} ${refund.currency} was paid back before`,
        zh: `此前已退款 ${refund.amount} ${refund.currency}`,
      })
    : say({ en: 'nothing is paid back', zh: '无退款' });
  return say({
    en: `${id} (${instance.state}): goes for good ${names(terminate)}; stays ${names(retain)}; ${paid}.`,
    zh: `${id}（${instance.state}）：永久销毁 ${names(terminate)}；保留 ${names(retain)}；${paid}。`,
  });
}

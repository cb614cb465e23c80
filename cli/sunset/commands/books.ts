/** `sunset refunds`, `explain`, `statement`: the money. */
import type { Command } from 'commander';
import type { Movement, Refund } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { print, printJson, table } from '../output';
import { KINDS, linesTable, SOURCES } from '../quote-view';
import { run } from '../run';
import { EXIT, type Session } from '../session';
import { type Text, when } from '../text';

const REFUND_HEAD: Text[] = [
  { en: 'refund', zh: '退款' },
  { en: 'instance', zh: '实例' },
  { en: 'account', zh: '账号' },
  { en: 'kind', zh: '类型' },
  { en: 'amount', zh: '金额' },
  { en: 'status', zh: '状态' },
];

const STATEMENT_HEAD: Text[] = [
  { en: 'recorded', zh: '记账时间' },
  { en: 'kind', zh: '类型' },
  { en: 'amount', zh: '金额' },
  SOURCES.cash,
  SOURCES.gift,
  SOURCES.income,
  { en: 'instance', zh: '实例' },
];

type Filter = ListOptions & { account?: string; instance?: string; termination?: string; status?: string };

export function addBooks(program: Command): void {
  paged(program.command('refunds').description('refunds, the latest first'))
    .option('--account <account>', 'of one account')
    .option('--instance <id>', 'of one instance')
    .option('--termination <id>', 'of one termination')
    .option('--status <status>', 'requested, isolating, booked, done, in_review, denied or failed')
    .action(async ({ account, instance, termination, status, ...page }: Filter, command: Command) =>
      run(command, (session) => {
        const query = { account, instanceId: instance, terminationId: termination, status };
        return list<Refund>(session, '/v1/refunds', query, page, REFUND_HEAD, (one) => [
          one.id,
          one.instanceId,
          one.account,
          session.say(KINDS[one.kind]),
          `${one.amount} ${one.currency}`,
          one.status,
        ]);
      }),
    );
  program
    .command('explain')
    .description('one refund: how it was reckoned, how it went, and how it is booked')
    .argument('<refund>', 'its id, as sunset refunds lists it')
    .action(async (id: string, _: unknown, command: Command) =>
      run(command, async (session) => {
        const refund = await session.api.get<Refund>(`/v1/refunds/${encodeURIComponent(id)}`);
        if (session.json) printJson(refund);
        else print(explain(session, refund));
        return EXIT.ok;
      }),
    );
  paged(
    program.command('statement').description('income and expenses of an account, the latest first').argument('<account>', 'account'),
  ).action(async (account: string, page: ListOptions, command: Command) =>
    run(command, (session) =>
      list<Movement>(session, `/v1/accounts/${encodeURIComponent(account)}/statement`, {}, page, STATEMENT_HEAD, (one) => [
        when(one.recordedAt),
        one.kind,
        `${one.amount} ${one.currency}`,
        one.parts.cash,
        one.parts.gift,
        one.parts.income,
        one.instanceId,
      ]),
    ),
  );
}

/** Line by line, then the progress, then the double entry. */
export function explain({ say, ...session }: Session, refund: Refund): string {
  const { parts, currency, entries, progress, fee } = refund;
  const split = (['cash', 'gift', 'income'] as const).map((source) => `${say(SOURCES[source])} ${parts[source]}`).join(', ');
  const postings = table(
    [say({ en: 'amount', zh: '金额' }), say({ en: 'from', zh: '自' }), say({ en: 'to', zh: '至' })],
    entries.map((entry) => [entry.amount, entry.source, entry.destination]),
    '  ',
  );
  return [
    `${refund.instanceId}: ${refund.amount} ${currency}, ${say(KINDS[refund.kind])}`,
    `${say({ en: 'account', zh: '账号' })} ${refund.account}: ${split}; ${say({ en: 'fee', zh: '手续费' })} ${fee}`,
    '',
    say({ en: 'How it was reckoned', zh: '计算过程' }),
    linesTable({ say, ...session }, refund.lines),
    '',
    say({ en: 'How it went', zh: '进度' }),
    ...progress.map(({ status, at }) => `  ${when(at)}  ${status}`),
    '',
    say({ en: 'How it is booked', zh: '记账' }),
    postings,
  ].join('\n');
}

/** `sunset refunds`, `explain`, `statement`, `adjust`, `adjustments`: the money. */
import type { Command } from 'commander';
import type {
  MovementAnswer,
  RefundAnswer,
  RefundDetailAnswer,
  RefundRequestAnswer,
} from '../../../contract/answers';
import type { AdjustmentAnswer } from '../../../contract/books';
import type { Text } from '../../../domain/text';
import { refundPath, requestPath } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { print, printJson, type TableCell, table } from '../output';
import { nameOf, REFUND_SOURCE_NAMES } from '../quote-view';
import { describeRefund } from '../refund-view';
import { run } from '../run';
import { EXIT, postOnce, type Session } from '../session';
import { when } from '../text';

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
  REFUND_SOURCE_NAMES.cash,
  REFUND_SOURCE_NAMES.gift,
  REFUND_SOURCE_NAMES.income,
  { en: 'instance', zh: '实例' },
  { en: 'cash after', zh: '现金余额' },
  { en: 'gift after', zh: '赠送余额' },
  { en: 'income after', zh: '收益余额' },
];

const ADJUSTMENT_HEAD: Text[] = [
  { en: 'recorded', zh: '记账时间' },
  { en: 'kind', zh: '类型' },
  { en: 'source', zh: '来源' },
  { en: 'amount', zh: '金额' },
  { en: 'reference', zh: '参考号' },
  { en: 'reason', zh: '原因' },
  { en: 'by', zh: '操作者' },
];

const adjustmentCells = (session: Session, one: AdjustmentAnswer): TableCell[] => [
  when(one.recordedAt),
  one.kind,
  session.say(REFUND_SOURCE_NAMES[one.source]),
  `${one.amount} ${one.currency}`,
  one.reference,
  one.reason,
  one.by,
];

interface Adjusting {
  kind: string;
  amount: string;
  currency: string;
  source: string;
  reason: string;
  reference: string;
}

type RefundListFilter = ListOptions & {
  account?: string;
  instance?: string;
  termination?: string;
  status?: string;
};

export function addBooks(program: Command): void {
  paged(program.command('refunds').description('refunds, the latest first'))
    .option('--account <account>', 'of one account')
    .option('--instance <id>', 'of one instance')
    .option('--termination <id>', 'of one termination')
    .option('--status <status>', 'requested, isolating, booked, done, in_review, denied, failed or reversed')
    .action(async ({ account, instance, termination, status, ...page }: RefundListFilter, command: Command) =>
      run(command, (session) => {
        const query = { account, instanceId: instance, terminationId: termination, status };
        return list<RefundAnswer>(session, '/v1/refunds', query, page, REFUND_HEAD, (one) => [
          one.id,
          one.instanceId,
          one.account,
          session.say(nameOf(one)),
          `${one.amount} ${one.currency}`,
          one.status,
        ]);
      }),
    );
  program
    .command('explain')
    .description(
      'one refund: what became of it and why, every line of the sum, done again, and how it is booked',
    )
    .argument('<refund>', 'its id, as sunset refunds lists it')
    .action(async (id: string, _: unknown, command: Command) =>
      run(command, (session) => explain(session, id)),
    );
  paged(
    program
      .command('statement')
      .description('income and expenses of an account, the latest first')
      .argument('<account>', 'account')
      .option('--from <time>', 'the first instant, ISO-8601 with offset')
      .option('--to <time>', 'the last instant'),
  ).action(
    async (
      account: string,
      { from, to, ...page }: ListOptions & { from?: string; to?: string },
      command: Command,
    ) =>
      run(command, (session) =>
        list<MovementAnswer>(
          session,
          accountPath(account, '/statement'),
          { from, to },
          page,
          STATEMENT_HEAD,
          (one) => [
            when(one.recordedAt),
            one.kind,
            `${one.amount} ${one.currency}`,
            one.parts.cash,
            one.parts.gift,
            one.parts.income,
            one.instanceId ?? one.reference,
            one.balance.cash,
            one.balance.gift,
            one.balance.income,
          ],
        ),
      ),
  );
  program
    .command('adjust')
    .description('deposit, withdraw or credit an account’s balance: once a reference')
    .argument('<account>', 'account')
    .requiredOption('--kind <kind>', 'deposit (paid in), withdrawal (paid out) or credit (given)')
    .requiredOption('--amount <amount>', 'more than 0')
    .option('--currency <code>', 'ISO 4217', 'CNY')
    .option('--source <source>', 'cash, gift or income', 'cash')
    .requiredOption('--reference <text>', 'of the payment, the transfer, the ticket')
    .requiredOption('--reason <text>', 'why; it is kept and shown')
    .action(
      async (
        account: string,
        { kind, amount, currency, source, reference, reason }: Adjusting,
        command: Command,
      ) =>
        run(command, (session) =>
          adjust(session, account, { kind, amount, currency, source, reference, reason }),
        ),
    );
  paged(
    program
      .command('adjustments')
      .description('deposits, withdrawals and credits of an account, the latest first')
      .argument('<account>', 'account')
      .option('--reference <text>', 'the one of this reference'),
  ).action(
    async (account: string, { reference, ...page }: ListOptions & { reference?: string }, command: Command) =>
      run(command, (session) =>
        list<AdjustmentAnswer>(
          session,
          accountPath(account, '/adjustments'),
          { reference },
          page,
          ADJUSTMENT_HEAD,
          (one) => adjustmentCells(session, one),
        ),
      ),
  );
}

const accountPath = (account: string, rest: string): string =>
  `/v1/accounts/${encodeURIComponent(account)}${rest}`;

/** The reference makes one of all its repeats. */
async function adjust(session: Session, account: string, body: Adjusting): Promise<number> {
  const write = { seen: body.reference, part: body.reference };
  const { body: made } = await postOnce<AdjustmentAnswer>(
    session,
    accountPath(account, '/adjustments'),
    body,
    write,
  );
  if (session.json) printJson(made);
  else print(table(ADJUSTMENT_HEAD.map(session.say), [adjustmentCells(session, made)]));
  return EXIT.ok;
}

/** The refund with the whole sum. Exit 1 when the sum, done again, does not come to what is kept. */
async function explain(session: Session, id: string): Promise<number> {
  const refund = await session.api.get<RefundDetailAnswer>(refundPath(id));
  const { review, calculation } = refund;
  const request = review
    ? await session.api.get<RefundRequestAnswer>(requestPath(review.requestId))
    : undefined;
  if (session.json) printJson(refund);
  else print(describeRefund(session, refund, request));
  return calculation.rebuilt.matches ? EXIT.ok : EXIT.refused;
}

/** `sunset refunds`, `explain`, `statement`: the money. */
import type { Command } from 'commander';
import { type Movement, type Refund, type RefundDetail, type RefundRequest, refundPath, requestPath } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { print, printJson } from '../output';
import { nameOf, SOURCES } from '../quote-view';
import { describeRefund } from '../refund-view';
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
    .option('--status <status>', 'requested, isolating, booked, done, in_review, denied, failed or reversed')
    .action(async ({ account, instance, termination, status, ...page }: Filter, command: Command) =>
      run(command, (session) => {
        const query = { account, instanceId: instance, terminationId: termination, status };
        return list<Refund>(session, '/v1/refunds', query, page, REFUND_HEAD, (one) => [
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
    .description('one refund: what became of it and why, every line of the sum, done again, and how it is booked')
    .argument('<refund>', 'its id, as sunset refunds lists it')
    .action(async (id: string, _: unknown, command: Command) => run(command, (session) => explain(session, id)));
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

/** The refund with the whole sum. Exit 1 when the sum, done again, does not come to what is kept. */
async function explain(session: Session, id: string): Promise<number> {
  const refund = await session.api.get<RefundDetail>(refundPath(id));
  const { review, calculation } = refund;
  const request = review ? await session.api.get<RefundRequest>(requestPath(review.requestId)) : undefined;
  if (session.json) printJson(refund);
  else print(describeRefund(session, refund, request));
  return calculation.rebuilt.matches ? EXIT.ok : EXIT.refused;
}

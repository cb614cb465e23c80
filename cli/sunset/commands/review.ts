/**
 * `sunset request-refund`, `requests`, `approve`, `deny`, `undo`, `hold`, `unhold`: the operator's path, and
 * a return undone (E5, M11).
 */
import type { Command } from 'commander';
import type {
  AcceptedAnswer,
  InstanceAnswer,
  RefundAnswer,
  RefundDetailAnswer,
  RefundRequestAnswer,
  TerminationAnswer,
} from '../../../contract/answers';
import type { Text } from '../../../domain/text';
import { type ApiReply, instancePath, type Page, refundPath, requestPath, whenDecided } from '../client';
import { checkConfirmable, confirmTyped } from '../confirm';
import { type ListOptions, list, paged } from '../lists';
import {
  instanceCells,
  instanceHead,
  isAccepted,
  mention,
  print,
  printJson,
  type TableCell,
  table,
} from '../output';
import { describeItem } from '../quote-view';
import { reviewOf } from '../refund-view';
import { commandAll, run } from '../run';
import { EXIT, postOnce, type Session } from '../session';
import { agreeing, choosing, showTermination } from './end';

const HEAD: Text[] = [
  { en: 'request', zh: '申请' },
  { en: 'instance', zh: '实例' },
  { en: 'account', zh: '账号' },
  { en: 'amount when asked', zh: '申请时金额' },
  { en: 'status', zh: '状态' },
  { en: 'asked by', zh: '申请人' },
  { en: 'reason', zh: '原因' },
  { en: 'decided by', zh: '审批人' },
];

interface Reason {
  reason: string;
}
type RequestListFilter = ListOptions & { account?: string; instance?: string; status?: string };

export function addReview(program: Command): void {
  const asking = program
    .command('request-refund')
    .description('ask for a refund that needs approval')
    .argument('<instance>', 'its id');
  choosing(reasoned(asking))
    .option('--renewals', 'only of the renewals that have not begun; the instance runs on')
    .action(
      async (
        id: string,
        { reason, renewals, order }: Reason & { renewals?: boolean; order?: string[] },
        command: Command,
      ) =>
        run(command, (session) =>
          requestRefund(session, id, renewals ? 'return-renewals' : 'return', { reason, orderIds: order }),
        ),
    );
  paged(program.command('requests').description('refund requests, the latest first'))
    .option('--account <account>', 'of one account')
    .option('--instance <id>', 'of one instance')
    .option('--status <status>', 'that of its refund: in_review, done, denied, failed or another')
    .action(async ({ account, instance, status, ...page }: RequestListFilter, command: Command) =>
      run(command, (session) =>
        list<RefundRequestAnswer>(
          session,
          '/v1/refund-requests',
          { account, instanceId: instance, status },
          page,
          HEAD,
          rowOf,
        ),
      ),
    );
  const approving = program
    .command('approve')
    .description('approve a refund request: its instance is returned');
  agreeing(
    reasoned(approving.argument('<request>', 'its id, as sunset requests lists it')),
    'the request',
  ).action(async (id: string, { reason, yes }: Reason & { yes: string[] }, command: Command) =>
    run(command, (session) => approve(session, id, reason, yes)),
  );
  const denying = program
    .command('deny')
    .description('deny a refund request: the right to return is given back');
  reasoned(denying.argument('<request>', 'its id, as sunset requests lists it')).action(
    async (id: string, { reason }: Reason, command: Command) =>
      run(command, (session) => deny(session, id, reason)),
  );
  const undoing = program
    .command('undo')
    .description('undo a return while its instance is in the bin: the money is taken back');
  reasoned(undoing.argument('<refund>', 'its id, as sunset refunds lists it')).action(
    async (id: string, { reason }: Reason, command: Command) =>
      run(command, (session) => undo(session, id, reason)),
  );
  addHold(program, 'hold', 'put instances on hold: their returns then need approval', true);
  addHold(program, 'unhold', 'lift the hold of instances', false);
}

const reasoned = (command: Command): Command =>
  command.requiredOption('--reason <text>', 'why; it is kept and shown');

/** The facts again change nothing: like a registration, it needs no derived key. */
function addHold(program: Command, name: string, description: string, hold: boolean): void {
  reasoned(program.command(name).description(description).argument('<id...>', 'instances')).action(
    async (ids: string[], { reason }: Reason, command: Command) =>
      run(command, (session) =>
        commandAll(session, ids, '', (id) => {
          const key = session.idempotencyKey && `${session.idempotencyKey}/${id}`.slice(0, 255);
          return session.api.put<InstanceAnswer>(instancePath(id, '/hold'), { hold, reason }, key);
        }),
      ),
  );
}

const rowOf = ({
  id,
  instanceId,
  account,
  preview,
  status,
  requestedBy,
  reason,
  decision,
}: RefundRequestAnswer): TableCell[] => {
  const { amount, currency } = preview.refund;
  return [id, instanceId, account, `${amount} ${currency}`, status, requestedBy, reason, decision?.by];
};

/**
 * What was asked for, by whom and why, what it would have paid then and, while nobody has decided, what it
 * would pay now.
 */
function describeRequest(session: Session, request: RefundRequestAnswer): string {
  const { say } = session;
  const asOfThen = say({ en: 'As it was when it was asked for:', zh: '以下为申请时的情况：' });
  const asOfNow = say({
    en: 'As it is now, which is what an approval pays:',
    zh: '以下为当前情况，审批按此金额执行：',
  });
  const sections = [
    `${request.id}: ${request.status}`,
    reviewOf(session, request),
    '',
    asOfThen,
    describeItem(session, request.preview),
  ];
  return [...sections, ...(request.now ? ['', asOfNow, describeItem(session, request.now)] : [])].join('\n');
}

/** The latest request is what the key depends on: one after a denial is another one. */
async function requestRefund(
  session: Session,
  instanceId: string,
  action: RefundRequestAnswer['action'],
  more: Reason & { orderIds?: string[] | undefined },
): Promise<number> {
  const path = '/v1/refund-requests';
  const { items } = await session.api.get<Page<RefundRequestAnswer>>(path, { instanceId, limit: 1 });
  const write = { seen: items[0]?.id, part: `${action} ${instanceId}` };
  const { body } = await postOnce<RefundRequestAnswer>(session, path, { instanceId, action, ...more }, write);
  if (session.json) printJson(body);
  else print(describeRequest(session, body));
  return EXIT.ok;
}

async function decide(
  session: Session,
  { id, status }: RefundRequestAnswer,
  name: 'approve' | 'deny',
  body: Reason & { amount?: string; asOf?: string },
): Promise<RefundRequestAnswer> {
  // Another amount is another approval, also under the same --idempotency-key.
  const part = [id, body.amount, body.asOf].filter(Boolean).join('/');
  return (
    await postOnce<RefundRequestAnswer>(session, requestPath(id, `/${name}`), body, { seen: status, part })
  ).body;
}

/**
 * The amount that the person has seen, and as of when (M24). Without one the API says what stands against it.
 */
function amountOf({ now, preview }: RefundRequestAnswer): { amount: string; asOf?: string } {
  const amount = now?.refund.amount ?? preview.refund.amount ?? '0';
  return { amount, ...(now ? { asOf: now.asOf } : {}) };
}

/** Shows what it would pay, has it confirmed, and waits for the end of the return. */
async function approve(session: Session, id: string, reason: string, named: string[]): Promise<number> {
  const { api } = session;
  checkConfirmable(session, [id], named, '--yes');
  const asked = await api.get<RefundRequestAnswer>(requestPath(id));
  if (!session.json) print(describeRequest(session, asked));
  else if (!named.includes(id)) mention(describeRequest(session, asked));
  await confirmTyped(session, [id], named);
  const { refundId } = await decide(session, asked, 'approve', { reason, ...amountOf(asked) });
  const { terminationId } = await api.get<RefundAnswer>(refundPath(refundId));
  const termination = await whenDecided(
    api,
    await api.get<TerminationAnswer>(`/v1/terminations/${encodeURIComponent(terminationId!)}`),
  );
  if (session.json) printJson(await api.get<RefundRequestAnswer>(requestPath(id)));
  else await showApproved(session, termination, refundId);
  if (termination.status === 'running') return EXIT.unreachable;
  return termination.items.every(({ status }) => status === 'done') ? EXIT.ok : EXIT.refused;
}

async function showApproved(
  session: Session,
  termination: TerminationAnswer,
  refundId: string,
): Promise<void> {
  const { amount, currency, fee, status } = await session.api.get<RefundAnswer>(refundPath(refundId));
  print(
    session.say({
      en: `\nApproved: ${amount} ${currency}, fee ${fee}: ${status}.`,
      zh: `\n已批准：${amount} ${currency}，手续费 ${fee}，${status}。`,
    }),
  );
  showTermination(session, termination);
}

async function deny(session: Session, id: string, reason: string): Promise<number> {
  const { say } = session;
  const denied = await decide(session, await session.api.get<RefundRequestAnswer>(requestPath(id)), 'deny', {
    reason,
  });
  const { instanceId } = denied;
  if (session.json) printJson(denied);
  else {
    print(`${id}: ${denied.status}\n${reviewOf(session, denied)}`);
    print(
      say({
        en: `${instanceId} runs on; the right to return is given back.`,
        zh: `${instanceId} 继续运行，已归还其退还次数。`,
      }),
    );
  }
  return EXIT.ok;
}

async function undo(session: Session, id: string, reason: string): Promise<number> {
  const { status } = await session.api.get<RefundAnswer>(refundPath(id));
  const { body }: ApiReply<RefundDetailAnswer | AcceptedAnswer> = await postOnce(
    session,
    refundPath(id, '/undo'),
    { reason },
    { seen: status, part: id },
  );
  if (session.json) printJson(body);
  else if (isAccepted(body)) mention(`${body.instanceId}: ${body.detail}`);
  else await showUndone(session, body);
  return isAccepted(body) ? EXIT.unreachable : EXIT.ok;
}

async function showUndone(
  session: Session,
  { id, instanceId, amount, currency, status }: RefundDetailAnswer,
): Promise<void> {
  const { say } = session;
  const instance = await session.api.get<InstanceAnswer>(instancePath(instanceId));
  print(
    say({
      en: `${id}: ${status}; ${amount} ${currency} is taken back.`,
      zh: `${id}：${status}；已收回 ${amount} ${currency}。`,
    }),
  );
  print(table(instanceHead(session), [instanceCells(session, instance)]));
  print(say({ en: `\nsunset explain ${id}`, zh: `\n查看退款：sunset explain ${id}` }));
}

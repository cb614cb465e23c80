/**
 * `sunset list`, `show`, `start`, `stop`, `protect`, `unprotect`, `operation`: instances as they are, and
 * what is said of them.
 */
import { type Command, Option } from 'commander';
import type { AcceptedAnswer, InstanceAnswer } from '../../../contract/answers';
import type { Text } from '../../../domain/text';
import { instancePath } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { instanceCells, instanceHead, print, printJson, type TableCell, table } from '../output';
import { callAll, commandAll, exitOf, type InstanceReply, isRefusal, run, showResults } from '../run';
import { commandInstance, type Session, Usage } from '../session';
import { when } from '../text';

type InstanceListFilter = ListOptions & {
  account?: string;
  product?: string;
  region?: string;
  state?: string;
  externalId?: string;
  scheduled?: boolean;
};

const HEAD: Text[] = [
  { en: 'instance', zh: '实例' },
  { en: 'account', zh: '账号' },
  { en: 'product', zh: '产品' },
  { en: 'billing', zh: '计费' },
  { en: 'state', zh: '状态' },
  { en: 'what is due', zh: '后续' },
];

export function addInstances(program: Command): void {
  paged(
    program
      .command('list')
      .description('instances in order of registration; terminated ones only with --state terminated'),
  )
    .option('--account <account>', 'of one account')
    .option('--product <product>', 'of one product')
    .option('--region <region>', 'of one region')
    .option('--state <state>', 'in one state')
    .option('--external-id <id>', 'what the machine is called in its region')
    .option('--scheduled', 'only those whose timed termination waits')
    .action(async ({ limit, cursor, all, scheduled, ...filter }: InstanceListFilter, command: Command) =>
      run(command, (session) => {
        const query = { ...filter, scheduled: scheduled ? 'true' : undefined };
        return list<InstanceAnswer>(
          session,
          '/v1/instances',
          query,
          pageOptions({ limit, cursor, all }),
          HEAD,
          rowOf(session),
        );
      }),
    );
  program
    .command('show')
    .description('instances with all that is known of them')
    .argument('<id...>', 'instances')
    .action(async (ids: string[], _: unknown, command: Command) =>
      run(command, (session) => show(session, ids)),
    );
  for (const [name, description] of [
    ['start', 'start stopped instances'],
    ['stop', 'stop running instances'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument('<id...>', 'instances')
      .action(async (ids: string[], _: unknown, command: Command) =>
        run(command, (session) => postEach(session, ids, name)),
      );
  }
  addProtection(program);
  addOperations(program);
}

/** What was not given is not there. */
const pageOptions = ({
  limit,
  cursor,
  all,
}: { [Key in keyof ListOptions]: ListOptions[Key] | undefined }): ListOptions => ({
  ...(limit === undefined ? {} : { limit }),
  ...(cursor === undefined ? {} : { cursor }),
  ...(all === undefined ? {} : { all }),
});

const rowOf =
  (session: Session) =>
  (one: InstanceAnswer): TableCell[] => {
    const [id, product, ...rest] = instanceCells(session, one);
    return [id, one.account, product, ...rest];
  };

const postEach = (session: Session, ids: string[], name: string, body: unknown = {}): Promise<number> =>
  commandAll(
    session,
    ids,
    '',
    (id): Promise<InstanceReply> => commandInstance<InstanceAnswer | AcceptedAnswer>(session, id, name, body),
  );

function addProtection(program: Command): void {
  const reasoned = (command: Command): Command =>
    command.requiredOption('--reason <text>', 'why; it is kept and shown');
  reasoned(
    program
      .command('protect')
      .description('protect instances from being ended by people; in the bin, from a purge'),
  )
    .argument('<id...>', 'instances')
    .option(
      '--hold-release',
      'a legal hold: not even its time releases it from the bin until the hold is lifted',
    )
    .action(
      async (
        ids: string[],
        { reason, holdRelease }: { reason: string; holdRelease?: boolean },
        command: Command,
      ) =>
        run(command, (session) =>
          postEach(session, ids, 'protect', { reason, ...(holdRelease ? { holdRelease } : {}) }),
        ),
    );
  reasoned(
    program
      .command('unprotect')
      .description('lift the protection of instances; what was due meanwhile happens then'),
  )
    .argument('<id...>', 'instances')
    .action(async (ids: string[], { reason }: { reason: string }, command: Command) =>
      run(command, (session) => postEach(session, ids, 'unprotect', { reason })),
    );
}

/** What the control plane says of its own work: until it ends, the instance takes no other command. */
function addOperations(program: Command): void {
  const operation = program
    .command('operation')
    .description('say that an operation on an instance begins or ends');
  operation
    .command('begin')
    .description('an operation begins: until it ends the instance is busy, and what comes due waits')
    .argument('<id>', 'instance')
    .argument('<kind>', 'what is being done: resize, reinstall, …')
    .action(async (id: string, kind: string, _: unknown, command: Command) =>
      run(command, (session) => postEach(session, [id], 'operations', { kind })),
    );
  operation
    .command('end')
    .description('the operation has ended')
    .argument('<id>', 'instance')
    .addOption(new Option('--running', 'and the instance runs').conflicts('stopped'))
    .option('--stopped', 'and the instance is stopped')
    .action(
      async (id: string, { running, stopped }: { running?: boolean; stopped?: boolean }, command: Command) =>
        run(command, (session) => {
          if (!running && !stopped) throw new Usage('say how it is now: --running or --stopped');
          return postEach(session, [id], 'operations/end', { power: running ? 'running' : 'stopped' });
        }),
    );
}

async function show(session: Session, ids: string[]): Promise<number> {
  const outcomes = await callAll<InstanceAnswer>(ids, '', async (id) => ({
    status: 200,
    body: await session.api.get<InstanceAnswer>(instancePath(id)),
    headers: new Headers(),
  }));
  const bodies = outcomes.map((one) => (isRefusal(one) ? one.problem : one.answer.body));
  if (session.json) printJson(bodies.length === 1 ? bodies[0] : bodies);
  else {
    for (const one of outcomes) if (!isRefusal(one)) print(describe(session, one.answer.body));
    showResults(session, outcomes.filter(isRefusal));
  }
  return exitOf(outcomes);
}

function describe(session: Session, one: InstanceAnswer): string {
  const { say } = session;
  const row = (label: Text, value: string | null | undefined): string[] =>
    value ? [`  ${say(label)}: ${value}`] : [];
  const lines = [
    table(instanceHead(session), [instanceCells(session, one)]),
    ...row({ en: 'account', zh: '账号' }, one.account),
    ...row({ en: 'name', zh: '名称' }, one.name),
    ...row({ en: 'machine', zh: '机器' }, one.externalId),
    ...row({ en: 'where', zh: '位置' }, [one.region, one.zone].filter(Boolean).join(' ')),
    ...row({ en: 'its own clock', zh: '实例时钟' }, when(one.clock)),
    ...row({ en: 'billing stopped', zh: '停止计费' }, one.billingStoppedAt && when(one.billingStoppedAt)),
    ...row({ en: 'in the bin since', zh: '隔离时间' }, one.isolatedAt && when(one.isolatedAt)),
    ...row({ en: 'control plane', zh: '控制面' }, one.machine && machineOf(session, one.machine)),
    ...row(
      { en: 'NEEDS ATTENTION', zh: '需要处理' },
      one.attention && `${one.attention.code}: ${one.attention.message}`,
    ),
    ...row(
      { en: 'operation', zh: '进行中的操作' },
      one.operation && `${one.operation.kind} (${one.operation.by})`,
    ),
    ...row({ en: 'protected', zh: '保护' }, one.protection && protectionOf(session, one.protection)),
    ...row(
      { en: 'returns need approval', zh: '退还须审批' },
      one.hold && `${one.hold.reason} (${one.hold.by}, ${when(one.hold.at)})`,
    ),
    ...row({ en: 'destroyed', zh: '已销毁' }, one.disposal && names(one.disposal.destroyed)),
    ...row({ en: 'kept', zh: '已保留' }, one.disposal && names(one.disposal.kept)),
  ];
  return [...lines, ...ordersOf(session, one), ''].join('\n');
}

const names = (parts: { kind: string; id: string }[]): string =>
  parts.map(({ kind, id }) => `${kind} ${id}`).join(', ') || '–';

const machineOf = (
  { say }: Session,
  { controlPlane, goal, since }: NonNullable<InstanceAnswer['machine']>,
): string =>
  goal === null || since === null
    ? controlPlane
    : `${controlPlane} (${say({ en: `to be ${goal} since ${when(since)}`, zh: `目标 ${goal}，自 ${when(since)}` })})`;

const protectionOf = (
  { say }: Session,
  { reason, by, at, holdRelease }: NonNullable<InstanceAnswer['protection']>,
): string =>
  `${reason} (${by}, ${when(at)})${holdRelease ? say({ en: ', a legal hold', zh: '，法律保留' }) : ''}`;

function ordersOf({ say }: Session, { orders, prices }: InstanceAnswer): string[] {
  if (!orders.length) return [];
  const head: Text[] = [
    { en: 'order', zh: '订单' },
    { en: 'kind', zh: '类型' },
    { en: 'status', zh: '状态' },
    { en: 'from', zh: '开始' },
    { en: 'to', zh: '结束' },
    { en: `paid (${prices?.currency ?? ''})`, zh: `已付（${prices?.currency ?? ''}）` },
  ];
  const paid = (amounts: Record<string, string>): string =>
    Object.entries(amounts)
      .filter(([, amount]) => Number(amount) > 0)
      .map(([source, amount]) => `${source} ${amount}`)
      .join(', ') || '–';
  const rows = orders.map((one): TableCell[] => [
    one.id,
    one.kind,
    one.status,
    when(one.startsAt),
    when(one.endsAt),
    paid(one.paid),
  ]);
  return [table(head.map(say), rows, '  ')];
}

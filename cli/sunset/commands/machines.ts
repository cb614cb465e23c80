/**
 * `sunset stuck`, `resolve`, `drift`: what control planes do not bring to an end, and machines that are otherwise than their
 * instances’ states say.
 */
import { type Command, Option } from 'commander';
import type { AcceptedAnswer, InstanceAnswer } from '../../../contract/answers';
import type { DriftAnswer } from '../../../contract/drift';
import { DRIFT_STATUSES } from '../../../domain/statuses';
import type { Text } from '../../../domain/text';
import { driftPath } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { isAccepted, mention, print, printJson, type TableCell, table } from '../output';
import { commandAll, run } from '../run';
import { commandInstance, EXIT, postOnce, type Session, Usage } from '../session';
import { when } from '../text';

const STUCK: Text[] = [
  { en: 'instance', zh: '实例' },
  { en: 'state', zh: '状态' },
  { en: 'control plane', zh: '控制面' },
  { en: 'machine is to be', zh: '机器目标' },
  { en: 'since', zh: '起始时间' },
  { en: 'why', zh: '原因' },
];

const DRIFT: Text[] = [
  { en: 'difference', zh: '差异' },
  { en: 'instance', zh: '实例' },
  { en: 'state', zh: '状态' },
  { en: 'its machine is', zh: '机器实际' },
  { en: 'found', zh: '发现时间' },
  { en: 'status', zh: '处理' },
  { en: 'decided by', zh: '处理人' },
];

const FOUND: Record<'gone' | 'running' | 'stopped', Text> = {
  gone: { en: 'gone', zh: '已不存在' },
  running: { en: 'running', zh: '运行中' },
  stopped: { en: 'stopped', zh: '已关机' },
};
const ISOLATED: Text = { en: ', isolated', zh: '，已隔离' };

export function addMachines(program: Command): void {
  paged(
    program.command('stuck').description('instances with something that does not come to an end by itself'),
  ).action(async (page: ListOptions, command: Command) =>
    run(command, (session) =>
      list<InstanceAnswer>(session, '/v1/instances', { attention: 'true' }, page, STUCK, stuckRow),
    ),
  );
  addResolve(program);
  addDrift(program);
}

/** One that its workflow’s trouble has brought into the list has no control plane to wait for. */
const stuckRow = ({ id, state, machine, attention }: InstanceAnswer): TableCell[] => [
  id,
  state,
  machine?.controlPlane ?? '–',
  attention?.goal ?? '–',
  attention ? when(attention.since) : '–',
  attention ? [attention.code, attention.message].filter(Boolean).join(': ') : 'sunset doctor',
];

interface Resolve {
  retry?: boolean;
  skip?: boolean;
  giveUp?: boolean;
  reason: string;
}

function addResolve(program: Command): void {
  program
    .command('resolve')
    .description('say what is to become of a step that a control plane does not bring to an end')
    .argument('<id...>', 'instances')
    .addOption(new Option('--retry', 'ask the control plane again').conflicts(['skip', 'giveUp']))
    .addOption(
      new Option('--skip', 'the machine is as it is to be: book what waits for it').conflicts('giveUp'),
    )
    .option('--give-up', 'it is not to happen: what was agreed to has failed')
    .requiredOption('--reason <reason>', 'why; it is kept')
    .action(async (ids: string[], options: Resolve, command: Command) =>
      run(command, (session) => {
        const body = { action: actionOf(options), reason: options.reason };
        return commandAll(session, ids, '', (id) =>
          commandInstance<InstanceAnswer | AcceptedAnswer>(session, id, 'resolve', body),
        );
      }),
    );
}

function actionOf({ retry, skip, giveUp }: Resolve): 'retry' | 'skip' | 'give-up' {
  if (retry) return 'retry';
  if (skip) return 'skip';
  if (giveUp) return 'give-up';
  throw new Usage('say what is to become of it: --retry, --skip or --give-up');
}

function addDrift(program: Command): void {
  const drift = program
    .command('drift')
    .description('machines that are otherwise than their instances’ states say');
  paged(drift.command('list').description('differences that wait for a decision, the first found first'))
    .option('--account <account>', 'of one account')
    .option('--instance <id>', 'of one instance')
    .addOption(new Option('--status <status>', 'with what became of them').choices([...DRIFT_STATUSES]))
    .action(
      async (
        {
          account,
          instance,
          status,
          ...page
        }: ListOptions & Partial<Record<'account' | 'instance' | 'status', string>>,
        command: Command,
      ) =>
        run(command, (session) =>
          list<DriftAnswer>(
            session,
            '/v1/drift',
            { account, instanceId: instance, status },
            page,
            DRIFT,
            (one) => driftRow(session, one),
          ),
        ),
    );
  for (const [action, description] of [
    ['adopt', 'the instance follows its machine; one that is gone is terminated, without a refund'],
    ['apply', 'the machine is brought back to what its instance’s state says'],
    ['ignore', 'both stay as they are, and it is not told again while nothing changes'],
  ] as const) {
    drift
      .command(action)
      .description(description)
      .argument('<difference>', 'its id')
      .requiredOption('--reason <reason>', 'why; it is kept')
      .action(async (id: string, { reason }: { reason: string }, command: Command) =>
        run(command, (session) => decide(session, id, action, reason)),
      );
  }
}

function driftRow(
  { say }: Session,
  { id, instanceId, state, found, foundAt, status, decision }: DriftAnswer,
): TableCell[] {
  const machine = say(FOUND[found.exists ? found.power : 'gone']);
  const isolated = found.exists && found.isolated ? say(ISOLATED) : '';
  return [
    id,
    instanceId,
    state,
    machine + isolated,
    when(foundAt),
    status,
    decision ? `${decision.by}: ${decision.reason}` : '–',
  ];
}

async function decide(session: Session, id: string, action: string, reason: string): Promise<number> {
  const { body } = await postOnce<DriftAnswer | AcceptedAnswer>(
    session,
    driftPath(id),
    { action, reason },
    { seen: action, part: id },
  );
  if (session.json) printJson(body);
  else if (isAccepted(body)) mention(`${body.instanceId}: ${body.detail}`);
  else print(table(DRIFT.map(session.say), [driftRow(session, body)]));
  return isAccepted(body) ? EXIT.unreachable : EXIT.ok;
}

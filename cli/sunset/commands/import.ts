/** `sunset import`: instances that are at a control plane already. */
import type { Command } from 'commander';
import type { AcceptedAnswer, InstanceAnswer, ProblemAnswer } from '../../../contract/answers';
import type { Text } from '../../../domain/text';
import { ApiRefusal, instancePath, type Page } from '../client';
import type { Candidate, Facts, ImportOptions } from '../import/ec2';
import { describeProblem, mention, print, printJson, type TableCell, table } from '../output';
import { eachOf } from '../progress';
import { type CallResult, callAll, exitOf, isRefusal, run } from '../run';
import { EXIT, type Session } from '../session';

const HELP = `
It reads SUNSET_CONTROL_PLANES as the service does, and EC2 with the credentials that the AWS SDK finds. All are registered as pay-as-you-go,
under their id at EC2. What is registered already stays as it is, so it can be run again. The account is the tag's, else --account. A
file of prices has version, currency, and under types what an hour (or a month) of each costs:
  {version: 2026-11, currency: USD, types: {t3.micro: {hour: 0.0104}}}`;

type Ec2Options = ImportOptions & { dryRun?: boolean };

export function addImport(program: Command): void {
  program
    .command('import')
    .description('register what is at a control plane already')
    .command('ec2')
    .description('instances of EC2, or of a cloud that speaks as it does')
    .requiredOption('--control-plane <name>', 'a rule with driver ec2 in SUNSET_CONTROL_PLANES')
    .option('--product <product>', 'whose policy governs them (that of the rule)')
    .option('--account <account>', 'of those that have no tag that says so')
    .option('--account-tag <key>', 'the tag that has the account', 'sunset:account')
    .option('--prices <file>', 'what each type costs; one that is not in it is left out')
    .option('--dry-run', 'only shows what it would register')
    .addHelpText('after', HELP)
    .action(async (options: Ec2Options, command: Command) =>
      run(command, (session) => importEc2(session, options)),
    );
}

type New = { id: string; facts: Facts };
interface Left {
  id: string;
  why: string;
}

/** What there is at EC2, by what is to become of it. */
interface Sorted {
  fresh: New[];
  known: string[];
  left: Left[];
}

async function importEc2(session: Session, { dryRun, ...options }: Ec2Options): Promise<number> {
  // With the SDK and the policies it takes a second to load, which no other command needs.
  const { candidatesAtEc2 } = require('../import/ec2') as typeof import('../import/ec2');
  const sorted = await sortOut(session, await candidatesAtEc2(options, process.env));
  if (!session.json) show(session, sorted);
  if (dryRun) {
    if (session.json) printJson({ toRegister: sorted.fresh, known: sorted.known, leftOut: sorted.left });
    return EXIT.ok;
  }
  return await registerAll(session, sorted);
}

async function sortOut(session: Session, candidates: Candidate[]): Promise<Sorted> {
  const title = session.say({ en: 'looking', zh: '查询' });
  const states = await eachOf(candidates, ({ id }) => stateHere(session, id), title);
  const sorted: Sorted = { fresh: [], known: [], left: [] };
  for (const [index, one] of candidates.entries()) {
    const state = states[index];
    const isAlive = 'facts' in one;
    if (state === 'terminated' && isAlive)
      sorted.left.push({ id: one.id, why: session.say(TERMINATED_HERE) });
    else if (state !== undefined) sorted.known.push(one.id);
    else if (isAlive) sorted.fresh.push(one);
    else sorted.left.push({ id: one.id, why: session.say(one.why) });
  }
  return sorted;
}

const TERMINATED_HERE: Text = {
  en: 'Sunset has it as terminated, and EC2 still has it',
  zh: '在 Sunset 中已销毁，但 EC2 上仍然存在',
};

/** Under its own id, or as the machine of another one; undefined: it isn't registered. */
async function stateHere({ api }: Session, id: string): Promise<string | undefined> {
  const { items } = await api.get<Page<InstanceAnswer>>('/v1/instances', { externalId: id, limit: 1 });
  if (items[0]) return items[0].state;
  try {
    return (await api.get<InstanceAnswer>(instancePath(id))).state;
  } catch (error) {
    if (error instanceof ApiRefusal && error.problem.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

const HEAD: Text[] = [
  { en: 'instance', zh: '实例' },
  { en: 'name', zh: '名称' },
  { en: 'account', zh: '账号' },
  { en: 'type', zh: '规格' },
  { en: 'zone', zh: '可用区' },
  { en: 'state', zh: '状态' },
  { en: 'disks (of them kept)', zh: '磁盘（其中保留）' },
  { en: 'Elastic IPs', zh: '弹性 IP' },
  { en: 'hour', zh: '每小时' },
];

function show({ say }: Session, { fresh, left }: Sorted): void {
  if (fresh.length) print(table(HEAD.map(say), fresh.map(rowOf)));
  for (const { id, why } of left) mention(`${id}: ${why}`);
}

function rowOf({ id, facts }: New): TableCell[] {
  const { name, account, type, zone, state, disks, addresses, prices } = facts;
  const kept = disks.filter(({ deleteWithInstance }) => !deleteWithInstance).length;
  const hour = typeof prices?.hour === 'string' ? `${prices.hour} ${prices.currency}` : undefined;
  return [id, name, account, type, zone, state, `${disks.length} (${kept})`, addresses.length, hour];
}

async function registerAll(session: Session, { fresh, known, left }: Sorted): Promise<number> {
  const facts = new Map(fresh.map((one) => [one.id, one.facts]));
  const keyOf = (id: string): string | undefined =>
    session.idempotencyKey && `${session.idempotencyKey}/${id}`.slice(0, 255);
  const outcomes = await callAll<InstanceAnswer | AcceptedAnswer>(
    [...facts.keys()],
    session.say({ en: 'registering', zh: '登记' }),
    // A write is repeated with its own key until it is answered; the same facts again change nothing.
    (id) => session.api.put(instancePath(id), facts.get(id), keyOf(id)),
  );
  const refused = outcomes.filter((one): one is Refused => isRefusal(one));
  const registered = outcomes.filter((one) => !isRefusal(one)).map(({ id }) => id);
  if (session.json) {
    const problems = refused.map(({ id, problem }) => ({ id, problem }));
    printJson({ registered, known, leftOut: left, refused: problems });
  } else {
    for (const { id, problem } of refused) mention(`${id}: ${describeProblem(problem, session)}`);
    print(summary(session, [registered.length, known.length, left.length, refused.length]));
  }
  return exitOf(outcomes);
}

type Refused = Extract<CallResult<unknown>, { problem: ProblemAnswer }>;

const summary = ({ say }: Session, [fresh, known, left, refused]: number[]): string =>
  say({
    en: `${fresh} registered, ${known} known before, ${left} left out, ${refused} refused`,
    zh: `新登记 ${fresh} 个，已登记过 ${known} 个，未导入 ${left} 个，被拒绝 ${refused} 个`,
  });

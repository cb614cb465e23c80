/** What people see: tables, problems with their fields and the next step. Programs get the API's own JSON. */
import Table from 'cli-table3';
import type { AcceptedAnswer, InstanceAnswer, ProblemAnswer } from '../../contract/answers';
import type { Text } from '../../domain/text';
import { ApiRefusal, Unreachable } from './client';
import { EXIT, type Session, Usage } from './session';
import { span, when } from './text';

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** For what must not get into a program's input: questions, progress, complaints. */
export const mention = (text: string): void => void process.stderr.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** No lines but one below the head: it can be read by people, cut and grepped. */
const CHARS = {
  ...{
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
  },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

export type TableCell = string | number | null | undefined;

export function table(head: string[], rows: TableCell[][], indent = ''): string {
  const built = new Table({
    chars: CHARS,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  built.push(head, ...rows.map((row) => row.map((cell) => String(cell ?? '–'))));
  const lines = built.toString().split('\n');
  return lines.map((line) => `${indent}${line.trimEnd()}`).join('\n');
}

/** A page of a list; says when there is more. */
export function printPage<T>(
  session: Session,
  page: { items: T[]; nextCursor: string | null },
  head: Text[],
  row: (item: T) => TableCell[],
): void {
  if (session.json) printJson(page);
  else if (page.items.length) printRows(session, page.items.map(row), head, page.nextCursor);
  else print(session.say({ en: 'Nothing.', zh: '没有记录。' }));
}

function printRows({ say }: Session, rows: TableCell[][], head: Text[], nextCursor: string | null): void {
  print(table(head.map(say), rows));
  if (nextCursor !== null) {
    mention(
      say({
        en: `There is more: --cursor ${nextCursor}, or --all`,
        zh: `还有更多：--cursor ${nextCursor} 或 --all`,
      }),
    );
  }
}

/** The problem's sentence, the fields by pointer, what has changed, and the next step. */
export function describeProblem(problem: ProblemAnswer, session: Pick<Session, 'say'>): string {
  const fields = problem.errors.map(
    ({ pointer, detail, code }) => `  ${pointer || '/'}: ${detail} [${code}]`,
  );
  const changes = (problem.changes ?? []).map(
    ({ instanceId, field, old, new: now, difference }) =>
      `  ${instanceId} ${field}: ${shown(old)} → ${shown(now)}${difference === null ? '' : ` (${difference})`}`,
  );
  const next = `${session.say({ en: 'next', zh: '下一步' })}: ${problem.next}`;
  return [`${problem.detail} [${problem.code}]`, ...fields, ...changes, next].join('\n');
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const PLAIN: Pick<Session, 'say'> = { say: (text) => text.en };

/** Says what went wrong and answers the exit code; anything unknown is a mistake of ours and goes on. */
export function complain(error: unknown, name: string, session: Session | undefined): number {
  const { say } = session ?? PLAIN;
  if (error instanceof ApiRefusal) {
    if (session?.json) printJson(error.problem);
    else mention(`${name}: ${describeProblem(error.problem, { say })}`);
    if (error.problem.code === 'UNAUTHENTICATED' && session) mention(otherKey(session));
    return EXIT.refused;
  }
  if (error instanceof Unreachable) {
    mention(`${name}: ${error.message}\n${say({ en: 'next', zh: '下一步' })}: ${error.next}`);
    if (error.key !== undefined) mention(repeatWith(error.key, say));
    return EXIT.unreachable;
  }
  if (error instanceof Usage) {
    mention(`${name}: ${error.message}`);
    return EXIT.usage;
  }
  throw error;
}

const otherKey = ({ say, keyFrom }: Session): string =>
  say({
    en: `the key came from ${keyFrom}; --key, SUNSET_OPERATOR_KEY or SUNSET_DATA (the data folder of npm start) name another`,
    zh: `该密钥来自 ${keyFrom}；可用 --key、SUNSET_OPERATOR_KEY 或 SUNSET_DATA（npm start 的数据目录）指定其他密钥`,
  });

const repeatWith = (key: string, say: Session['say']): string =>
  say({
    en: `it is not known whether it has happened: look before you repeat it (its Idempotency-Key was ${key})`,
    zh: `无法确定操作是否已生效：请先查看再重试（Idempotency-Key 为 ${key}）`,
  });

const INSTANCE_HEAD: Text[] = [
  { en: 'instance', zh: '实例' },
  { en: 'product', zh: '产品' },
  { en: 'billing', zh: '计费' },
  { en: 'state', zh: '状态' },
  { en: 'what is due', zh: '后续' },
];

export const instanceHead = (session: Session): string[] => INSTANCE_HEAD.map((one) => session.say(one));
export const instanceCells = (session: Session, one: InstanceAnswer): TableCell[] => [
  one.id,
  one.product,
  one.billing,
  one.hold === null
    ? one.state
    : session.say({ en: `${one.state}, on hold`, zh: `${one.state}，退还须审批` }),
  dueOf(session, one),
];

/** What will happen to it by itself, and when. */
function dueOf({ say }: Session, one: InstanceAnswer): string {
  const until = (at: string): string => `${when(at)} (${span(Date.parse(at) - Date.parse(one.clock))})`;
  if (one.termination)
    return say({
      en: `terminated at ${until(one.termination.at)}`,
      zh: `将于 ${until(one.termination.at)} 销毁`,
    });
  if (one.purgeTime)
    return say({ en: `released at ${until(one.purgeTime)}`, zh: `将于 ${until(one.purgeTime)} 释放` });
  if (one.expiresAt && one.state !== 'expired' && one.state !== 'terminated')
    return say({ en: `expires at ${until(one.expiresAt)}`, zh: `将于 ${until(one.expiresAt)} 到期` });
  return '–';
}

export const isAccepted = <T extends object>(body: T | AcceptedAnswer): body is AcceptedAnswer =>
  'status' in body && body.status === 'accepted';

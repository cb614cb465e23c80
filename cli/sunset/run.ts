/**
 * How a command runs: opens the session, does its work, and turns what went wrong into words and an exit
 * code.
 */
import type { Command } from 'commander';
import type { AcceptedAnswer, InstanceAnswer, ProblemAnswer } from '../../contract/answers';
import { ApiRefusal, type ApiReply } from './client';
import { Declined } from './confirm';
import {
  complain,
  describeProblem,
  instanceCells,
  instanceHead,
  isAccepted,
  mention,
  print,
  printJson,
  table,
} from './output';
import { eachOf } from './progress';
import { EXIT, type Session, sessionOf } from './session';

/** `sunset keys create`: with all that it is a part of. */
const nameOf = (command: Command): string =>
  [command.parent && nameOf(command.parent), command.name()].filter(Boolean).join(' ');

export async function run(command: Command, work: (session: Session) => Promise<number>): Promise<void> {
  const name = nameOf(command);
  let session: Session | undefined;
  try {
    session = sessionOf(command);
    process.exitCode = await work(session);
  } catch (error) {
    if (error instanceof Declined) {
      mention(error.message);
      process.exitCode = error.exit;
    } else process.exitCode = complain(error, name, session);
  }
}

export type InstanceReply = ApiReply<InstanceAnswer | AcceptedAnswer>;
export type CallResult<T> = { id: string; answer: ApiReply<T> } | { id: string; problem: ProblemAnswer };

export const isRefusal = <T>(outcome: CallResult<T>): outcome is { id: string; problem: ProblemAnswer } =>
  'problem' in outcome;

/**
 * Asks for every id; one that is refused stops none of the others, a service that does not answer stops them
 * all.
 */
export async function callAll<T>(
  ids: readonly string[],
  title: string,
  ask: (id: string) => Promise<ApiReply<T>>,
): Promise<CallResult<T>[]> {
  return await eachOf(
    ids,
    async (id): Promise<CallResult<T>> => {
      try {
        return { id, answer: await ask(id) };
      } catch (error) {
        if (error instanceof ApiRefusal) return { id, problem: error.problem };
        throw error;
      }
    },
    title,
  );
}

/** One command to several instances: a table of how they now stand, then what was refused and why. */
export async function commandAll(
  session: Session,
  ids: readonly string[],
  title: string,
  ask: (id: string) => Promise<InstanceReply>,
): Promise<number> {
  const outcomes = await callAll(ids, title, ask);
  const bodies = outcomes.map((one) => (isRefusal(one) ? one.problem : one.answer.body));
  if (session.json) printJson(bodies.length === 1 ? bodies[0] : bodies);
  else showResults(session, outcomes);
  return exitOf(outcomes);
}

export function showResults(session: Session, outcomes: CallResult<InstanceAnswer | AcceptedAnswer>[]): void {
  const answered = outcomes.flatMap((one) => (isRefusal(one) ? [] : [one.answer.body]));
  const done = answered.flatMap((body) => (isAccepted(body) ? [] : [instanceCells(session, body)]));
  if (done.length) print(table(instanceHead(session), done));
  for (const body of answered) if (isAccepted(body)) mention(`${body.instanceId}: ${body.detail}`);
  for (const one of outcomes)
    if (isRefusal(one)) mention(`${one.id}: ${describeProblem(one.problem, session)}`);
}

/** A refusal counts before an answer that did not come in time. */
export function exitOf(outcomes: CallResult<InstanceAnswer | AcceptedAnswer>[]): number {
  if (outcomes.some(isRefusal)) return EXIT.refused;
  return outcomes.some((one) => !isRefusal(one) && isAccepted(one.answer.body)) ? EXIT.unreachable : EXIT.ok;
}

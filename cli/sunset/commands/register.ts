/** `sunset register`: one or many instances. */
import type { Command } from 'commander';
import type { AcceptedAnswer, InstanceAnswer } from '../../../contract/answers';
import { instancePath } from '../client';
import { readRegistrations } from '../input';
import { print, printJson } from '../output';
import { type CallResult, callAll, exitOf, isRefusal, run, showResults } from '../run';
import type { Session } from '../session';

const HELP = `
An input has one registration, or a list of them; YAML may have several documents. Each is what PUT /v1/instances/{id} takes, with "id"
beside it. In YAML amounts need no quotes. The same facts again change nothing.`;

export function addRegister(program: Command): void {
  program
    .command('register')
    .description('register instances from JSON or YAML')
    .argument('<file...>', 'files, or - for standard input')
    .option('--id <id>', 'the id, when the input is one registration without "id"')
    .addHelpText('after', HELP)
    .action(async (files: string[], { id }: { id?: string }, command: Command) =>
      run(command, (session) => register(session, files, id)),
    );
}

async function register(session: Session, files: string[], id: string | undefined): Promise<number> {
  const { registrations, isList } = await readRegistrations(files, id);
  const facts = new Map(registrations.map((one) => [one.id, one.facts]));
  // A PUT can be repeated by itself: the same facts again are answered 200. A derived key would only keep an
  // old refusal alive.
  const keyOf = (one: string): string | undefined =>
    session.idempotencyKey && `${session.idempotencyKey}/${one}`.slice(0, 255);
  const outcomes = await callAll<InstanceAnswer | AcceptedAnswer>(
    [...facts.keys()],
    session.say({ en: 'registering', zh: '登记' }),
    (one) => session.api.put(instancePath(one), facts.get(one), keyOf(one)),
  );
  if (session.json) {
    const bodies = outcomes.map((one) => (isRefusal(one) ? one.problem : one.answer.body));
    printJson(isList ? bodies : bodies[0]);
  } else {
    showResults(session, outcomes);
    summarize(session, outcomes);
  }
  return exitOf(outcomes);
}

function summarize({ say }: Session, outcomes: CallResult<unknown>[]): void {
  const count = (test: (one: CallResult<unknown>) => boolean): number => outcomes.filter(test).length;
  const fresh = count((one) => !isRefusal(one) && one.answer.status === 201);
  const known = count((one) => !isRefusal(one) && one.answer.status === 200);
  const refused = count(isRefusal);
  print(
    say({
      en: `${fresh} registered, ${known} known before, ${refused} refused`,
      zh: `新登记 ${fresh} 个，已登记过 ${known} 个，被拒绝 ${refused} 个`,
    }),
  );
}

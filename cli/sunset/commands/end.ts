/** `sunset quote`, `terminate`, `return`: what ending instances would do and pay, and doing it. */

import { type Command, Option } from 'commander';
import type { QuoteAnswer, TerminationAnswer } from '../../../contract/answers';
import type { Action } from '../../../domain/instance';
import { derivedKey, whenDecided } from '../client';
import { type ConfirmOption, checkConfirmable, confirmTyped, isAsked } from '../confirm';
import { describeProblem, mention, print, printJson, type TableCell, table } from '../output';
import { bar } from '../progress';
import { describeQuote } from '../quote-view';
import { run } from '../run';
import { EXIT, type Session, Usage } from '../session';
import { when } from '../text';

interface EndOptions {
  later?: boolean;
  at?: string;
  fiveDayFor?: string;
  order?: string[];
  yesDestroy: string[];
  ignoreEnded?: boolean;
  skipStale?: boolean;
}

type ReturnOptions = EndOptions & { renewals?: boolean; yes: string[] };

export function addEnding(program: Command): void {
  const quote = program
    .command('quote')
    .description('what ending instances would do and pay; changes nothing')
    .argument(
      '<action>',
      'terminate (pay as you go), return (prepaid), or return-renewals (what has not started of it)',
    )
    .argument('<id...>', 'instances');
  choosing(scheduled(returning(quote))).action(
    async (action: Action, ids: string[], options: EndOptions, command: Command) =>
      run(command, async (session) => {
        const quoted = await quoteOf(session, action, ids, options);
        if (session.json) printJson(quoted);
        else print(describeQuote(session, quoted));
        return quoted.items.some((item) => item.permitted) ? EXIT.ok : EXIT.refused;
      }),
  );
  const terminate = program
    .command('terminate')
    .description('end pay-as-you-go instances')
    .argument('<id...>', 'instances');
  forMany(destroying(scheduled(terminate))).action(
    async (ids: string[], options: EndOptions, command: Command) =>
      run(command, (session) =>
        end(session, 'terminate', ids, options, { option: '--yes-destroy', named: options.yesDestroy }),
      ),
  );
  const giveBack = program
    .command('return')
    .description('return prepaid instances for a refund, or their renewals only')
    .argument('<id...>', 'instances')
    .addOption(
      new Option('--renewals', 'only the renewals that have not begun; the instance runs on').conflicts(
        'fiveDayFor',
      ),
    );
  agreeing(forMany(destroying(choosing(returning(giveBack)))), 'the renewals of one instance').action(
    async (ids: string[], options: ReturnOptions, command: Command) =>
      run(command, (session) =>
        end(session, options.renewals ? 'return-renewals' : 'return', ids, options, agreementTo(options)),
      ),
  );
}

const scheduled = (command: Command): Command =>
  command
    .addOption(new Option('--later', 'release after the product’s delay').conflicts('at'))
    .option('--at <time>', 'at a time, ISO-8601 with offset');

const returning = (command: Command): Command =>
  command.option('--five-day-for <id>', 'the instance that is to use the five-day right');

export const destroying = (command: Command): Command =>
  command.option(
    '--yes-destroy <id>',
    'confirms one instance without asking; may be repeated, or is the number of those that are shown',
    (id, ids: string[]) => [...ids, id],
    [],
  );

/** One that is gone already, or has changed meanwhile, keeps none of the others from it (L17). */
const forMany = (command: Command): Command =>
  command
    .option('--ignore-ended', 'those that have ended already are fine')
    .option('--skip-stale', 'those that change after they were shown are left out; otherwise they stop all');

/** Which renewals of one instance. */
export const choosing = (command: Command): Command =>
  command.option(
    '--order <id>',
    'with renewals: only this one; may be repeated',
    (id, ids: string[] = []) => [...ids, id],
  );

/** `what` its id is of. */
export const agreeing = (command: Command, what: string): Command =>
  command.option('--yes <id>', `confirms ${what} without asking`, (id, ids: string[]) => [...ids, id], []);

/** How a person agrees without being asked: by which option, and to what. */
interface Named {
  option: ConfirmOption;
  named: string[];
}

/** @throws Usage when what is destroyed and what is not are taken for one another */
function agreementTo({ renewals, yes, yesDestroy }: ReturnOptions): Named {
  if (renewals && yesDestroy.length)
    throw new Usage('return --renewals destroys nothing: confirm it by --yes');
  if (!renewals && yes.length) throw new Usage('a return ends the instance: confirm it by --yes-destroy');
  return renewals ? { option: '--yes', named: yes } : { option: '--yes-destroy', named: yesDestroy };
}

async function quoteOf(
  session: Session,
  action: Action,
  instanceIds: string[],
  options: Partial<EndOptions>,
): Promise<QuoteAnswer> {
  const { later, at, fiveDayFor, order: orderIds } = options;
  const schedule = at !== undefined ? { mode: 'timed', at } : { mode: later ? 'later' : 'now' };
  const body = {
    action,
    instanceIds,
    schedule,
    ...(fiveDayFor === undefined ? {} : { fiveDayFor }),
    ...(orderIds ? { orderIds } : {}),
  };
  const key = session.idempotencyKey && `${session.idempotencyKey}/quote`;
  return (await session.api.post<QuoteAnswer>('/v1/quotes', body, key)).body;
}

/** Shows what would happen, has it confirmed, and waits for the end of every item. */
async function end(
  session: Session,
  action: Action,
  ids: string[],
  options: EndOptions,
  { option, named }: Named,
): Promise<number> {
  checkConfirmable(session, ids, named, option);
  const quote = await quoteOf(session, action, ids, options);
  const permitted = quote.items.filter((item) => item.permitted).map((item) => item.instanceId);
  // A program that names the ids has no use for the text; a person who is asked has, whatever becomes of the
  // answer.
  if (!session.json) print(describeQuote(session, quote));
  else if (isAsked(permitted, named)) mention(describeQuote(session, quote));
  const { ignoreEnded = false, skipStale = ignoreEnded } = options;
  if (ignoreEnded && quote.items.every(({ state }) => hasEnded(state))) return allGone(session, quote);
  if (!permitted.length && !session.json) return EXIT.refused;
  await confirmTyped(session, permitted, named);
  const done = await confirmQuote(session, quote, skipStale);
  if (session.json) printJson(done);
  else showTermination(session, done);
  if (done.status === 'running') return EXIT.unreachable;
  const isFine = ({ status, problem }: TerminationAnswer['items'][number]): boolean =>
    status === 'done' || status === 'scheduled' || (ignoreEnded && hasEnded(problem?.state));
  return done.items.every(isFine) ? EXIT.ok : EXIT.refused;
}

const ENDED = ['isolating', 'isolated', 'terminating', 'terminated'];
const hasEnded = (state: string | null | undefined): boolean =>
  typeof state === 'string' && ENDED.includes(state);

/** Nothing is left to confirm: what is wanted is so already. */
function allGone(session: Session, quote: QuoteAnswer): number {
  if (session.json) printJson(quote);
  else print(session.say({ en: 'All of them have ended already.', zh: '所有实例均已结束。' }));
  return EXIT.ok;
}

/**
 * A quote can be used once, so its own id makes the key. With nothing permitted the API says so as a problem.
 */
async function confirmQuote(
  { api, idempotencyKey, say }: Session,
  quote: QuoteAnswer,
  skipStale: boolean,
): Promise<TerminationAnswer> {
  const key = idempotencyKey === undefined ? derivedKey('confirm', quote.id) : `${idempotencyKey}/confirm`;
  const confirmation = { quoteId: quote.id, agree: true, ...(skipStale ? { skipStale } : {}) };
  // Answered at once, so that it can be watched while it goes.
  const { body } = await api.post<TerminationAnswer>('/v1/terminations', confirmation, key, {
    prefer: 'respond-async',
  });
  const progress = bar(say({ en: 'working', zh: '处理中' }), body.items.length);
  try {
    return await whenDecided(api, body, ({ items }) =>
      progress.tick(items.filter((item) => item.status !== 'accepted').length),
    );
  } finally {
    progress.end();
  }
}

export function showTermination(session: Session, { id, status, items }: TerminationAnswer): void {
  const { say } = session;
  const head = [
    say({ en: 'instance', zh: '实例' }),
    say({ en: 'result', zh: '结果' }),
    say({ en: 'released', zh: '释放时间' }),
    say({ en: 'refund', zh: '退款' }),
  ];
  print('');
  print(
    table(
      head,
      items.map((item): TableCell[] => [item.instanceId, item.status, when(item.releaseTime), item.refundId]),
    ),
  );
  for (const item of items)
    if (item.problem) mention(`${item.instanceId}: ${describeProblem(item.problem, session)}`);
  if (status === 'running') {
    mention(
      say({
        en: `Not all of it is done yet: GET /v1/terminations/${id} tells`,
        zh: `尚未全部完成：请查看 GET /v1/terminations/${id}`,
      }),
    );
  }
  const refunds = items.flatMap((item) => item.refundId ?? []);
  if (refunds.length)
    print(say({ en: `\nsunset explain ${refunds[0]}`, zh: `\n查看退款：sunset explain ${refunds[0]}` }));
}

/** Before anything irreversible: its id is typed, or was named by an option (L6, L10). */
import { createInterface } from 'node:readline';
import type { Text } from '../../domain/text';
import { mention } from './output';
import { EXIT, type Session, Usage } from './session';

/**
 * `--yes-destroy` names an instance that is ended, `--yes` whatever else is agreed to: neither confirms what
 * the other is for.
 */
export type ConfirmOption = '--yes-destroy' | '--yes';

const UNASKED: Record<ConfirmOption, Text> = {
  '--yes-destroy': {
    en: "this can't be undone, and there is no terminal to ask at: add",
    zh: '此操作不可撤销，且没有可供确认的终端：请添加',
  },
  '--yes': {
    en: 'this has to be confirmed, and there is no terminal to ask at: add',
    zh: '此操作需要确认，但没有可供确认的终端：请添加',
  },
};

/** The person said no, or Ctrl-C. Nothing was changed. */
export class Declined extends Error {
  constructor(
    message: string,
    readonly exit: number,
  ) {
    super(message);
  }
}

/** The number of a list that was shown confirms all of it; an id that looks like a number is an id. */
const countAmong = (named: readonly string[], ids: readonly string[]): string | undefined =>
  named.find((one) => /^\d{1,6}$/.test(one) && !ids.includes(one));

/** Whether a person has to be asked for any of them. */
export const isAsked = (ids: readonly string[], named: readonly string[]): boolean =>
  countAmong(named, ids) === undefined && ids.some((id) => !named.includes(id));

/**
 * Refuses at once what could not be confirmed later: names that are not among the ids, and ids that nobody
 * could be asked for. Several are confirmed by their number, too.
 * @throws Usage
 */
export function checkConfirmable(
  { say }: Session,
  ids: readonly string[],
  named: readonly string[],
  option: ConfirmOption = '--yes-destroy',
): void {
  const count = ids.length > 1 ? countAmong(named, ids) : undefined;
  const strange = named.filter((id) => !ids.includes(id) && id !== count);
  if (strange.length)
    throw new Usage(`${option} names ${strange.join(', ')}, which this command does not touch`);
  const open = ids.filter((id) => !named.includes(id));
  if (process.stdin.isTTY || !open.length || count !== undefined) return;
  const each = open.map((id) => `${option} ${id}`).join(' ');
  const all = say({ en: `or ${option} with the number of them`, zh: `或以 ${option} 指定其数量` });
  throw new Usage(`${say(UNASKED[option])} ${each}${open.length > 1 ? ` (${all})` : ''}`);
}

/**
 * One is confirmed by its id, several by their number.
 * @throws Declined when something else is typed, the input ends, or Ctrl-C is pressed: nothing has been
 *   changed by then
 */
export async function confirmTyped(
  session: Session,
  ids: readonly string[],
  named: readonly string[],
): Promise<void> {
  const { say } = session;
  const count = countAmong(named, ids);
  if (count !== undefined) {
    if (Number(count) === ids.length) return;
    const text = {
      en: `They are ${ids.length}, not ${count}. Nothing was changed.`,
      zh: `数量为 ${ids.length}，而非 ${count}，没有任何更改。`,
    };
    throw new Declined(say(text), EXIT.refused);
  }
  const open = ids.filter((one) => !named.includes(one));
  if (!open.length) return;
  const expected = open.length === 1 ? open[0]! : String(open.length);
  const question =
    open.length === 1
      ? { en: `Type ${expected} to go on, or Ctrl-C: `, zh: `输入 ${expected} 以继续，或按 Ctrl-C：` }
      : {
          en: `Type ${expected} to go on with all ${expected}, or Ctrl-C: `,
          zh: `共 ${expected} 个，输入 ${expected} 以继续，或按 Ctrl-C：`,
        };
  const typed = await ask(say(question));
  if (typed === undefined)
    throw new Declined(say({ en: 'Nothing was changed.', zh: '没有任何更改。' }), EXIT.interrupted);
  if (typed.trim() === expected) return;
  throw new Declined(
    say({
      en: `That is not ${expected}. Nothing was changed.`,
      zh: `输入与 ${expected} 不符，没有任何更改。`,
    }),
    EXIT.refused,
  );
}

/** One line; undefined on Ctrl-C and at the end of the input. */
async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return await new Promise((resolve) => {
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      mention('');
      resolve(undefined);
    });
    lines.question(question, (answer) => {
      resolve(answer);
      lines.removeAllListeners('close');
      lines.close();
    });
  });
}

/** Before anything irreversible: its id is typed, or was named by an option (L6, L10). */
import { createInterface } from 'node:readline';
import { mention } from './output';
import { EXIT, type Session, Usage } from './session';
import type { Text } from './text';

/** `--yes-destroy` names an instance that is ended, `--yes` whatever else is agreed to: neither confirms what the other is for. */
export type Agreement = '--yes-destroy' | '--yes';

const UNASKED: Record<Agreement, Text> = {
  '--yes-destroy': {
    en: "this can't be undone, and there is no terminal to ask at: add",
    zh: '此操作不可撤销，且没有可供确认的终端：请添加',
  },
  '--yes': { en: 'this has to be confirmed, and there is no terminal to ask at: add', zh: '此操作需要确认，但没有可供确认的终端：请添加' },
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

/**
 * Refuses at once what could not be confirmed later: names that are not among the ids, and ids that nobody could be asked for.
 * @throws Usage
 */
export function checkConfirmable(
  { say }: Session,
  ids: readonly string[],
  named: readonly string[],
  option: Agreement = '--yes-destroy',
): void {
  const strange = named.filter((id) => !ids.includes(id));
  if (strange.length) throw new Usage(`${option} names ${strange.join(', ')}, which this command does not touch`);
  const open = ids.filter((id) => !named.includes(id));
  if (process.stdin.isTTY || !open.length) return;
  throw new Usage(`${say(UNASKED[option])} ${open.map((id) => `${option} ${id}`).join(' ')}`);
}

/** @throws Declined when another id is typed, the input ends, or Ctrl-C is pressed: nothing has been changed by then */
export async function confirmTyped(session: Session, ids: readonly string[], named: readonly string[]): Promise<void> {
  const { say } = session;
  for (const id of ids.filter((one) => !named.includes(one))) {
    const typed = await ask(say({ en: `Type ${id} to go on, or Ctrl-C: `, zh: `输入 ${id} 以继续，或按 Ctrl-C：` }));
    if (typed === undefined) throw new Declined(say({ en: 'Nothing was changed.', zh: '没有任何更改。' }), EXIT.interrupted);
    if (typed.trim() !== id) {
      throw new Declined(say({ en: `That is not ${id}. Nothing was changed.`, zh: `输入与 ${id} 不符，没有任何更改。` }), EXIT.refused);
    }
  }
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

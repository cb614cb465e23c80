/** What can be done with an instance, by whom, and why the rest can't: as the service itself decides it. */
import { useQuery } from '@tanstack/react-query';
import type { CommandsAnswer } from '../../../contract/commands';
import { queries } from '../api/queries';
import { useWords, type Words } from '../words';

/** Those that the page has a way for; what the control plane tells is not asked of people. */
export type CommandName = CommandsAnswer['items'][number]['command'] & keyof Words['command'];

export interface Offered {
  name: CommandName;
  isPossible: boolean;
  /** Of one that is not possible: all that stands against it, with the next step. */
  blockers: CommandsAnswer['items'][number]['blockers'];
}

/** In the order in which they are shown. */
const NAMES: readonly CommandName[] = [
  'resolve',
  'restore',
  'start',
  'stop',
  'terminate',
  'return',
  'return-renewals',
  'request-refund',
  'renew',
  'cancel',
  'reschedule',
  'purge',
  'undo',
  'protect',
  'unprotect',
  'hold',
  'unhold',
  'fast-forward',
];

export const isCommand = (name: unknown): name is CommandName => NAMES.some((one) => one === name);

/** What the key may not do is not there; undefined: it is being asked. */
export function useOffered(id: string): Offered[] | undefined {
  const { data } = useQuery(queries.commands(id));
  return data && NAMES.flatMap((name) => offerOf(name, data));
}

/** None where the key may not. */
export function offerOf(name: CommandName, { items }: CommandsAnswer): Offered[] {
  const found = items.find(({ command }) => command === name);
  if (!found?.permitted) return [];
  return [{ name, isPossible: found.possible, blockers: found.blockers }];
}

/** Without their “…”, where they are spoken of. */
export const useCommandName = (): ((name: CommandName) => string) => {
  const { command } = useWords();
  return (name) => command[name].replace(/ ?…$/, '');
};

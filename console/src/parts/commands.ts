/** What can be done with an instance, and by whom. */
import type { InstanceAnswer } from '../../../contract/answers';
import { type Permission, type SignedIn, useSession } from '../app/session';
import { useWords, type Words } from '../words';

export type CommandName = keyof Words['command'];

export interface Offered {
  name: CommandName;
  isPossible: boolean;
  /** Of one that is not possible: why, and what to do. */
  why: string | null;
}

const PERMISSIONS: Record<CommandName, readonly Permission[]> = {
  start: ['power'],
  stop: ['power'],
  terminate: ['terminate'],
  return: ['return'],
  'return-renewals': ['return'],
  request: ['return'],
  restore: ['restore'],
  purge: ['purge'],
  undo: ['refund:approve'],
  cancel: ['terminate'],
  reschedule: ['terminate'],
  protect: ['protect'],
  unprotect: ['unprotect'],
  renew: ['renew', 'register'],
  hold: ['hold'],
  unhold: ['hold'],
  skip: ['sandbox'],
};

type State = InstanceAnswer['state'];
const LIVING: readonly State[] = ['running', 'stopped', 'expired'];
const TOGETHER: readonly State[] = [...LIVING, 'isolated'];

/** Whether it makes sense at all: what does not is not shown. */
const MAKES_SENSE: Record<CommandName, (instance: InstanceAnswer) => boolean> = {
  start: ({ state }) => state === 'stopped',
  stop: ({ state }) => state === 'running',
  terminate: ({ state, billing, termination }) =>
    LIVING.includes(state) && !termination && (billing === 'postpaid' || state === 'expired'),
  return: ({ state, billing }) => LIVING.includes(state) && billing === 'prepaid',
  'return-renewals': ({ state, orders }) =>
    LIVING.includes(state) && orders.some(({ kind, status }) => kind === 'renewal' && status === 'future'),
  request: ({ state, billing }) => LIVING.includes(state) && billing === 'prepaid',
  restore: ({ state }) => state === 'isolated',
  purge: ({ state }) => state === 'isolated',
  undo: ({ state, billing }) => state === 'isolated' && billing === 'prepaid',
  cancel: ({ termination }) => termination !== null,
  reschedule: ({ termination }) => termination !== null,
  protect: ({ state, protection }) => TOGETHER.includes(state) && protection === null,
  unprotect: ({ protection }) => protection !== null,
  renew: ({ state, billing }) => LIVING.includes(state) && billing === 'prepaid',
  hold: ({ state, hold }) => state !== 'terminated' && hold === null,
  unhold: ({ hold }) => hold !== null,
  skip: ({ state }) => state !== 'terminated',
};

const NAMES = Object.keys(MAKES_SENSE) as CommandName[];

export const isCommand = (name: unknown): name is CommandName => NAMES.some((one) => one === name);

export const mayDo = ({ may, sandbox }: SignedIn, name: CommandName): boolean =>
  PERMISSIONS[name].some((one) => may(one)) && (name !== 'skip' || sandbox);

/** What is shown as possible: neither what the key may not, nor what makes no sense now. */
export function useOffered(instance: InstanceAnswer): Offered[] {
  const session = useSession();
  useWords();
  return NAMES.filter((name) => mayDo(session, name) && MAKES_SENSE[name](instance)).map((name) => ({
    name,
    isPossible: true,
    why: null,
  }));
}

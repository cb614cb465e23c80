/** The vendor's words for what an instance is and how it is doing. */
import type { Billing } from '../../../domain/instance';
import type { Life } from '../../../domain/lifecycle';

export const CHARGE_TYPES: Record<Billing, string> = { prepaid: 'PREPAID', postpaid: 'POSTPAID_BY_HOUR' };

/** Each of its states with ours; what is `changing` is shown as what it was before (VendorFilter). */
export const INSTANCE_STATES: Record<string, readonly string[]> = {
  RUNNING: ['running', 'changing/running'],
  STOPPED: ['stopped', 'expired', 'changing/stopped'],
  SHUTDOWN: ['isolating', 'isolated'],
  STARTING: ['restoring'],
  TERMINATING: ['terminating'],
};

const WORDS = new Map(
  Object.entries(INSTANCE_STATES).flatMap(([word, states]) => states.map((state) => [state, word] as const)),
);

/** `TERMINATING` for what has gone: it is in no list. */
export const stateOf = ({ state, power }: Life): string =>
  WORDS.get(state) ?? WORDS.get(`${state}/${power}`) ?? 'TERMINATING';

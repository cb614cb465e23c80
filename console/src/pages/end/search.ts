/** The steps of an ending and where they stand: all of it is in the address. */
import type { QuoteAnswer, TerminationAnswer } from '../../../../contract/answers';

export type Action = TerminationAnswer['action'];
export type Schedule = TerminationAnswer['schedule'];
export type Quote = QuoteAnswer;
export type Item = QuoteAnswer['items'][number];

const STEPS = ['how', 'plan', 'refund', 'rules', 'confirm'] as const;
export type Step = (typeof STEPS)[number];

/** What is ended by the hour pays nothing back: it has fewer steps (000-13…15, 001-33). */
export const stepsOf = (action: Action): readonly Step[] =>
  action === 'terminate' ? ['how', 'plan', 'confirm'] : STEPS;

export interface EndSearch {
  action: Action;
  /** Their ids, with commas between. */
  instances: string;
  step: Step;
  mode?: Schedule['mode'];
  /** Of a timed one: when. */
  at?: string;
  /** From the second step on: what binds. */
  quote?: string;
}

const ACTIONS = ['terminate', 'return', 'return-renewals'] as const satisfies readonly Action[];
const MODES = ['now', 'later', 'timed'] as const satisfies readonly Schedule['mode'][];

export function readEndSearch(search: Record<string, unknown>): EndSearch {
  const mode = MODES.find((one) => one === search.mode);
  return {
    action: ACTIONS.find((one) => one === search.action) ?? 'terminate',
    instances: String(search.instances ?? ''),
    step: STEPS.find((one) => one === search.step) ?? 'how',
    ...(mode ? { mode } : {}),
    ...(typeof search.at === 'string' ? { at: search.at } : {}),
    ...(typeof search.quote === 'string' ? { quote: search.quote } : {}),
  };
}

export const idsOf = ({ instances }: EndSearch): string[] => instances.split(',').filter(Boolean);

/** What each step is given: where it is, and how to go on. */
export interface StepProps {
  search: EndSearch;
  quote: Quote;
  go(to: Partial<EndSearch>): void;
}

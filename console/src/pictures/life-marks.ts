/** What of a life is drawn: what happened, what waits, and what is too small to be shown by itself. */
import type { TimelineAnswer } from '../../../contract/answers';
import type { Instance } from '../api/queries';
import type { Words } from '../words';

export interface Mark {
  at: number;
  title: string;
  /** null: it has not happened yet. */
  entry: TimelineAnswer | null;
}

type Phase = 'living' | 'bin' | 'gone';

export interface Span {
  from: number;
  /** null: until now, and on. */
  to: number | null;
  phase: Phase;
}

export interface Fold {
  at: number;
  count: number;
}

export interface LifeMarks {
  marks: Mark[];
  folds: Fold[];
  spans: Span[];
  /** How many steps are folded in all. */
  folded: number;
}

/** They come and go without changing how a life ends. */
const SMALL: readonly string[] = [
  'start',
  'stop',
  'begin-operation',
  'end-operation',
  'end-orders',
  'put-prices',
  'hold',
  'unhold',
];
/** A control plane was asked for it; what has come of that is a step of its own. */
const PASSING: readonly string[] = ['isolating', 'restoring', 'terminating'];
const isAsked = ({ from, to }: TimelineAnswer): boolean => from !== to && PASSING.includes(to);

const isSmall = ({ command, outcome }: TimelineAnswer): boolean =>
  outcome === 'refused' || SMALL.includes(command);

/**
 * @param room how many marks there is place for
 */
export function lifeMarks(
  instance: Instance,
  entries: readonly TimelineAnswer[],
  words: Words,
  room: number,
): LifeMarks {
  const ahead = whatWaits(instance, words);
  const last = entries.at(-1);
  const large = entries.filter((entry) => !isSmall(entry) && (entry === last || !isAsked(entry)));
  const [birth, ...others] = large;
  const kept = others.slice(-Math.max(room - ahead.length - 1, 1));
  const shown = birth ? [birth, ...kept] : kept;
  const hidden = entries.filter((entry) => !shown.includes(entry));
  return {
    marks: [...shown.map((entry) => markOf(entry, words)), ...ahead],
    folds: foldsOf(hidden, shown),
    spans: spansOf(entries),
    folded: hidden.length,
  };
}

export const titleOf = (entry: TimelineAnswer, { life }: Words): string => {
  const known: Readonly<Record<string, string>> = life.commands;
  const isScheduled = entry.command === 'terminate' && entry.from === entry.to;
  if (isScheduled) return life.commands.scheduled;
  const name = known[entry.command] ?? entry.command;
  return isAsked(entry) ? life.asked(name) : name;
};

const markOf = (entry: TimelineAnswer, words: Words): Mark => ({
  at: Date.parse(entry.effectiveAt),
  title: titleOf(entry, words),
  entry,
});

/** The durable timers, the next first. */
function whatWaits(instance: Instance, { life }: Words): Mark[] {
  const { purgeTime, termination, expiresAt, state, protection } = instance;
  const waiting = (at: string | null | undefined, title: string): Mark[] =>
    at ? [{ at: Date.parse(at), title, entry: null }] : [];
  if (state === 'isolated') return protection?.holdRelease ? [] : waiting(purgeTime, life.release);
  if (state === 'terminated' || state === 'expired') return [];
  const all = [...waiting(termination?.at, life.termination), ...waiting(expiresAt, life.expiry)];
  // A termination comes before the paid time's end, or the end comes to nothing.
  return all.sort((a, b) => a.at - b.at).slice(0, termination ? 1 : 2);
}

/** Those that lie between the same two marks are one. */
function foldsOf(hidden: readonly TimelineAnswer[], shown: readonly TimelineAnswer[]): Fold[] {
  const folds = new Map<number, number[]>();
  for (const entry of hidden) {
    const at = Date.parse(entry.effectiveAt);
    const after = shown.filter((one) => Date.parse(one.effectiveAt) <= at).length;
    folds.set(after, [...(folds.get(after) ?? []), at]);
  }
  return [...folds.values()].map((instants) => ({
    at: instants[Math.floor(instants.length / 2)]!,
    count: instants.length,
  }));
}

const phaseOf = (state: string): Phase => {
  if (state === 'terminated') return 'gone';
  // Until it has come back it is not its customer's, and not billed.
  return state === 'isolated' || state === 'restoring' ? 'bin' : 'living';
};

/** Stretches of one phase. */
function spansOf(entries: readonly TimelineAnswer[]): Span[] {
  const spans: Span[] = [];
  for (const { to, effectiveAt, outcome } of entries) {
    if (outcome === 'refused') continue;
    const last = spans.at(-1);
    const from = Date.parse(effectiveAt);
    if (last?.phase === phaseOf(to)) continue;
    if (last) last.to = from;
    spans.push({ from, to: null, phase: phaseOf(to) });
  }
  return spans;
}

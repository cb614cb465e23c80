/** One instance's life: what is asked of the service, told in plain words and compared with the documents. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AcceptedAnswer,
  InstanceAnswer,
  MovementAnswer,
  QuoteAnswer,
  QuoteItemAnswer,
  RefundAnswer,
  TerminationAnswer,
  TimelineAnswer,
} from '../../contract/answers';
import type { Schedule } from '../../domain/instance';
import type { Lang, Text } from '../../domain/text';
import { type Api, type ApiReply, instancePath, whenDecided } from '../sunset/client';
import { isAccepted } from '../sunset/output';
import { REFUND_KIND_NAMES, REFUND_SOURCE_NAMES } from '../sunset/quote-view';
import { padded, span } from '../sunset/text';
import { RULES, type RuleNumber } from './rules';

export interface Comparison {
  life: string;
  rule: RuleNumber;
  what: string;
  actual: string;
  expected: string;
}

/**
 * The documents don't say how long a service may take; this is how long the demo waits for one that is busy.
 */
const PATIENCE_MS = 60_000;
const LABEL_COLUMNS = 10;

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export class PlayedLife {
  readonly lines: string[] = [];
  readonly checks: Comparison[] = [];

  constructor(
    readonly api: Api,
    readonly id: string,
    readonly account: string,
    readonly lang: Lang,
  ) {}

  /** What happened, in the teller's words. */
  tell(text: Text): void {
    this.line({ en: '·', zh: '·' }, text[this.lang]);
  }

  /** What somebody asks for. */
  asks(text: Text): void {
    this.line({ en: 'asked', zh: '请求' }, text[this.lang]);
  }

  /** What the documents say about it. */
  cite(...numbers: RuleNumber[]): void {
    for (const number of numbers) this.line({ en: number, zh: number }, RULES[number][this.lang]);
  }

  check(rule: RuleNumber, what: Text, actual: string, expected: string): void {
    const name = what[this.lang];
    this.checks.push({ life: this.id, rule, what: name, actual, expected });
    const difference = this.lang === 'zh' ? `，文档要求 ${expected}` : `, and the document says ${expected}`;
    this.lines.push(
      `   ${actual === expected ? '✓' : '✗'} ${padded(rule, LABEL_COLUMNS - 2)}${name}: ${actual}${actual === expected ? '' : difference}`,
    );
  }

  async register(facts: Record<string, unknown>, text: Text): Promise<InstanceAnswer> {
    this.line({ en: 'begins', zh: '开始' }, text[this.lang]);
    return await this.certain((key) =>
      this.api.put(instancePath(this.id), { account: this.account, ...facts }, key),
    );
  }

  async look(): Promise<InstanceAnswer> {
    return await this.api.get(instancePath(this.id));
  }

  /** Waits until its control plane has brought it there. */
  async reaches(state: InstanceAnswer['state']): Promise<InstanceAnswer> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.look();
      if (seen.state === state) return seen;
      if (seen.attention) throw new Error(`${this.id}: ${seen.attention.code}: ${seen.attention.message}`);
      if (Date.now() > until) throw new Error(`${this.id}: ${seen.state}, not ${state}`);
      await sleep(200);
    }
  }

  async command(name: string, body: unknown = {}): Promise<InstanceAnswer> {
    return await this.certain((key) => this.api.post(instancePath(this.id, `/${name}`), body, key));
  }

  /** Moves the instance's own clock to an instant, or just past it: whole seconds are the smallest move. */
  async forwardTo(instant: number, text: Text): Promise<InstanceAnswer> {
    const { clock } = await this.look();
    const seconds = Math.max(1, Math.ceil((instant - Date.parse(clock)) / 1000));
    this.line({ en: 'clock', zh: '时钟' }, text[this.lang]);
    return await this.command('fast-forward', { duration: `PT${seconds}S` });
  }

  async quote(action: 'terminate' | 'return', schedule: Schedule = { mode: 'now' }): Promise<QuoteAnswer> {
    const { body } = await this.api.post<QuoteAnswer>('/v1/quotes', {
      action,
      instanceIds: [this.id],
      schedule,
    });
    this.describe(body.items[0]!);
    return body;
  }

  /** Agrees to a quote, and waits until it is carried out. */
  async confirm(quote: QuoteAnswer): Promise<TerminationAnswer['items'][number]> {
    if (!quote.items[0]!.permitted) throw new Error(quoteInWords(quote));
    const { body } = await this.api.post<TerminationAnswer>('/v1/terminations', {
      quoteId: quote.id,
      agree: true,
    });
    return await this.carriedOut(body);
  }

  /** Waits until a termination of this instance alone has come to its end. */
  async carriedOut(termination: TerminationAnswer): Promise<TerminationAnswer['items'][number]> {
    const { items } = await whenDecided(this.api, termination, () => {}, PATIENCE_MS);
    const [item] = items;
    if (item?.status !== 'done' && item?.status !== 'scheduled')
      throw new Error(`${this.id}: ${item?.problem?.detail ?? `still ${item?.status}`}`);
    return item;
  }

  async end(
    action: 'terminate' | 'return',
    schedule?: Schedule,
  ): Promise<TerminationAnswer['items'][number]> {
    return await this.confirm(await this.quote(action, schedule));
  }

  async timeline(): Promise<TimelineAnswer[]> {
    return await this.api.all<TimelineAnswer>(instancePath(this.id, '/timeline'));
  }

  /** The account's movements, the oldest first. */
  async statement(): Promise<MovementAnswer[]> {
    const movements = (
      await this.api.all<MovementAnswer>(`/v1/accounts/${this.account}/statement`)
    ).reverse();
    this.block(
      { en: 'account', zh: '账户' },
      movements.map(
        ({ kind, amount, currency, instanceId }) =>
          `${padded(kind, 10)}${amount.padStart(8)} ${currency}  ${instanceId}`,
      ),
    );
    return movements;
  }

  /** How the money moved, and all steps, each by the instance's own clock. */
  async close(): Promise<void> {
    for (const refund of await this.api.all<RefundAnswer>('/v1/refunds', { instanceId: this.id })) {
      const postings = refund.entries.map(
        ({ source, destination, amount }) => `${source} → ${destination} ${amount}`,
      );
      this.block({ en: 'ledger', zh: '记账' }, postings);
    }
    const steps = await this.timeline();
    const begun = Date.parse(steps[0]?.effectiveAt ?? '');
    this.block(
      { en: 'timeline', zh: '历史' },
      steps.map(
        (step) =>
          `${padded(`+${span(Date.parse(step.effectiveAt) - begun)}`, 14)}${padded(step.command, 12)}${stateOf(step)}`,
      ),
    );
  }

  private describe({ permitted, blockers, plan, refund }: QuoteItemAnswer): void {
    for (const { code, message, next } of blockers)
      this.line({ en: 'refused', zh: '拒绝' }, `${message} [${code}] ${next}`);
    if (!permitted) return;
    const ids = (parts: { id: string }[]): string =>
      parts.map(({ id }) => (id === this.id ? SELF[this.lang] : id)).join(', ') || '–';
    const stays = plan.retain.length
      ? this.in({ en: `; stays: ${ids(plan.retain)}`, zh: `；保留：${ids(plan.retain)}` })
      : '';
    this.line({ en: 'goes', zh: '销毁' }, `${ids(plan.terminate)}${stays}`);
    if (refund.kind === 'none' || !refund.parts) return;
    const { parts } = refund;
    const split = (['cash', 'gift', 'income'] as const)
      .filter((source) => parts[source] !== '0.00')
      .map((source) => `${this.in(REFUND_SOURCE_NAMES[source])} ${parts[source]}`);
    this.line(
      { en: 'refund', zh: '退款' },
      `${refund.amount} ${refund.currency}, ${this.in(REFUND_KIND_NAMES[refund.kind])} (${split.join(', ')})`,
    );
    for (const { amount, label, formula } of refund.lines ?? [])
      this.line({ en: '', zh: '' }, `${amount.padStart(8)}  ${label}: ${formula}`);
  }

  in(text: Text): string {
    return text[this.lang];
  }

  private line(label: Text, text: string): void {
    this.lines.push(`   ${padded(label[this.lang], LABEL_COLUMNS)}${text}`);
  }

  private block(label: Text, rows: string[]): void {
    for (const [index, row] of rows.entries()) this.line(index === 0 ? label : { en: '', zh: '' }, row);
  }

  /** Repeats with the same key until somebody has answered for certain: 202 says that nobody did in time. */
  private async certain(
    ask: (key: string) => Promise<ApiReply<InstanceAnswer | AcceptedAnswer>>,
  ): Promise<InstanceAnswer> {
    const key = randomUUID();
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const { body } = await ask(key);
      if (!isAccepted(body)) return body;
      if (Date.now() > until) throw new Error(`${this.id}: ${body.detail}`);
      await sleep(500);
    }
  }
}

/** What a quote says in two words: `ordinary 387.80`, or what stands against it. */
export function quoteInWords({ items }: QuoteAnswer): string {
  const { permitted, blockers, refund } = items[0]!;
  return permitted
    ? `${refund.kind} ${refund.amount}`
    : `blocked: ${blockers.map(({ code }) => code).join(', ')}`;
}

const SELF: Text = { en: 'the instance', zh: '实例' };

const stateOf = ({ from, to, outcome, code }: TimelineAnswer): string => {
  if (outcome === 'refused') return `${to} [${code}]`;
  return from === null || from === to ? to : `${from} → ${to}`;
};

/** The sum of amounts of one currency with two minor digits, exactly. */
export function total(amounts: string[]): string {
  const cents = amounts.reduce((sum, amount) => sum + BigInt(amount.replace('.', '')), 0n);
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Exact to the second: `7 d` is not `7 d 0 h 5 min`. */
export const between = (from: string | null, to: string | null): string =>
  from && to ? span(Date.parse(to) - Date.parse(from), 4) : '–';

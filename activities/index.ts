/** What touches the world. Each activity is one transaction, safe to repeat: the step's own keys guard it (decision 2). */
import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { REFUSAL } from '../domain/ids';
import type { Envelope } from '../domain/lifecycle';
import { acceptQuote } from '../store/acceptance';
import type { Pool } from '../store/db';
import { findInstance } from '../store/instances';
import { createQuote, findQuote } from '../store/quotes';
import { commitStep, type StepInput, StepRefused, type StepResult } from '../store/steps';
import type { ItemCommand } from '../store/terminations';

export type { StepInput, StepResult } from '../store/steps';

export interface AcceptInput {
  instanceId: string;
  envelope: Envelope;
  /** The instance's clock. */
  at: string;
  quoteId: string | undefined;
  mode: 'now' | 'later';
}

export type AcceptResult = { ok: true; message: ItemCommand } | { ok: false; code: string };

export interface Activities {
  /** Computes a refund, holds it against its quote, and books it with the step. */
  settle(input: StepInput): Promise<StepResult>;
  /** Records any other step. */
  record(input: StepInput): Promise<StepResult>;
  /** Records that a signal was refused; a name of its own, so that the Web UI's timeline tells it from a step that did something. */
  refuse(input: StepInput): Promise<StepResult>;
  /** Agrees to a termination that came as a signal: the quote it names, or one made for it. */
  accept(input: AcceptInput): Promise<AcceptResult>;
}

export function createActivities(pool: Pool): Activities {
  const step = (input: StepInput): Promise<StepResult> => commitStep(pool, input).catch(asRefusal);
  return { settle: step, record: step, refuse: step, accept: (input) => accept(pool, input) };
}

/** A business refusal is final; everything else is retried until it works. */
function asRefusal(error: unknown): never {
  if (!(error instanceof StepRefused)) throw error;
  throw ApplicationFailure.nonRetryable(`refused: ${error.code}`, REFUSAL, { code: error.code, state: error.state });
}

const QUOTE_SECONDS = 900;

async function accept(pool: Pool, { instanceId, envelope, quoteId, mode }: AcceptInput): Promise<AcceptResult> {
  const instance = (await findInstance(pool, instanceId))!;
  // Derived from the signal's id, so that a repeat finds what the first one did.
  const key = createHash('sha256').update(`${instanceId} ${envelope.id}`).digest('hex').slice(0, 32);
  if (quoteId === undefined) {
    // Without a quote nobody has seen an amount: only where there is none (decision 5).
    if (instance.facts.billing !== 'postpaid') return { ok: false, code: 'QUOTE_REQUIRED' };
    if (!instance.policy.lifecycle.end.postpaid.modes[mode]) return { ok: false, code: 'MODE_NOT_OFFERED' };
    const request = { action: 'terminate' as const, schedule: { mode } };
    await createQuote(pool, {
      id: `q_${key}`,
      instanceIds: [instanceId],
      request,
      policyOf: () => instance.policy,
      expiresInSeconds: QUOTE_SECONDS,
    });
  } else {
    const items = (await findQuote(pool, quoteId))?.items;
    if (items && (items.length !== 1 || items[0]!.instanceId !== instanceId)) return { ok: false, code: 'QUOTE_OF_OTHERS' };
  }
  const accepted = await acceptQuote(pool, { quoteId: quoteId ?? `q_${key}`, terminationId: `t_${key}`, by: envelope.by, via: 'signal' });
  if (!accepted.ok)
    return { ok: false, code: accepted.code === 'NOTHING_PERMITTED' ? await firstBlocker(pool, quoteId ?? `q_${key}`) : accepted.code };
  const item = accepted.items.find((one) => one.instanceId === instanceId);
  return item ? { ok: true, message: item.message } : { ok: false, code: 'QUOTE_USED' };
}

async function firstBlocker(pool: Pool, quoteId: string): Promise<string> {
  return (await findQuote(pool, quoteId))?.items[0]?.blockers[0] ?? 'NOTHING_PERMITTED';
}

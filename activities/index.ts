/** What touches the world. Each activity is one transaction, safe to repeat: the step's own keys guard it (decision 2). */
import { createHash } from 'node:crypto';
import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Command, Envelope } from '../domain/commands';
import { REFUSAL } from '../domain/ids';
import { type Authority, isUnsignedName, type Signable, unsignedName } from '../domain/signed';
import type { StepInput, StepResult } from '../domain/step';
import { acceptQuote } from '../store/agreements/acceptance';
import type { ItemCommand } from '../store/agreements/items';
import { createQuote, findQuote } from '../store/agreements/quotes';
import { canPass, type Pool } from '../store/db';
import { findInstance } from '../store/lives/instances';
import { commitStep, StepRefused, type VouchedStep } from '../store/lives/steps';
import { findStep } from '../store/lives/timeline';
import type { Signatures, Verdict } from '../store/signatures';

interface AcceptInput {
  instanceId: string;
  envelope: Envelope;
  /** The instance's clock. */
  at: string;
  quoteId: string | undefined;
  mode: 'now' | 'later';
}

/** The message is signed: it is carried out in the name of the agreement that was just made. */
type AcceptResult = { ok: true; message: ItemCommand & { signature?: string | undefined } } | { ok: false; code: string };

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

export interface Trust {
  signatures: Signatures;
  /** What to do with messages that nobody vouches for; default: they may do what the documented signals may. */
  unsigned?: 'allow' | 'refuse' | undefined;
}

export function createActivities(pool: Pool, trust: Trust): Activities {
  const step = (input: StepInput): Promise<StepResult> => answered(input.command, () => commitStep(pool, vouched(input, trust)));
  return {
    settle: step,
    record: step,
    refuse: step,
    accept: (input) => answered('agreement', () => accept(pool, trust, input)),
  };
}

/** The step with what its message's signature is worth. A refusal is recorded whatever it is worth, and then in nobody's name. */
function vouched(input: StepInput, trust: Trust): VouchedStep {
  const authority = authorityOf(input.voucher, input.by);
  const refusal = refusalOf(input, trust);
  if (refusal === undefined || input.refused === undefined) return { ...input, authority, refusal };
  return { ...input, authority: 'unsigned', by: unsignedName(input.by), refused: refusal };
}

/** A termination that was agreed to by an unsigned signal is signed by the service, and stays nobody's word. */
function authorityOf(voucher: StepInput['voucher'], by: string): Authority {
  if (voucher === undefined) return 'before';
  if (typeof voucher === 'string') return voucher;
  return isUnsignedName(by) ? 'unsigned' : 'signed';
}

function refusalOf(input: StepInput, { signatures, unsigned }: Trust): VouchedStep['refusal'] {
  const { voucher, birth } = input;
  if (voucher === undefined || voucher === 'sunset') return undefined;
  if (voucher === 'unsigned') return birth || unsigned === 'refuse' ? 'UNSIGNED' : undefined;
  return verdictOn(input, voucher, signatures) === 'good' ? undefined : 'BAD_SIGNATURE';
}

function verdictOn(
  input: StepInput,
  { signature, message }: { signature: string; message?: Signable | undefined },
  signatures: Signatures,
): Verdict {
  const { instanceId, birth, commandId: id, by, body } = input;
  if (birth) return signatures.verifyBirth({ instanceId, ...birth, envelope: { id, by } }, signature);
  return signatures.verify(instanceId, message ?? { id, by, command: body as Command }, signature);
}

/** Two that race for one key look like a broken rule of the database; the one that comes again finds what the other has stored. */
const TRIES = 3;

/**
 * The one place where it is settled what becomes of an error (L13): a business refusal is final; what another time may pass is tried until it
 * does; what is the same each time (a rule of the database, a value that it can't hold, a mistake of ours) is a refusal too, because trying
 * it for ever would keep everything else waiting. Nothing of the step was written, and the log says loudly what it was.
 */
async function answered<T>(command: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StepRefused) throw refusal(error.code, error.state);
    if (canPass(error) || activityInfo().attempt < TRIES) throw error;
    log.error(`can never be carried out, and is refused: ${command}`, { error });
    throw refusal('NOT_POSSIBLE', '');
  }
}

const refusal = (code: string, state: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`refused: ${code}`, REFUSAL, { code, state });

const QUOTE_SECONDS = 900;

async function accept(pool: Pool, trust: Trust, { instanceId, envelope, quoteId, mode }: AcceptInput): Promise<AcceptResult> {
  if (trust.unsigned === 'refuse' && isUnsignedName(envelope.by)) return { ok: false, code: 'UNSIGNED' };
  const instance = (await findInstance(pool, instanceId))!;
  if (await findStep(pool, instanceId, envelope.id)) return { ok: false, code: 'COMMAND_ID_REUSED' };
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
  if (!item) return { ok: false, code: 'QUOTE_USED' };
  return { ok: true, message: { ...item.message, signature: trust.signatures.sign(instanceId, item.message) } };
}

async function firstBlocker(pool: Pool, quoteId: string): Promise<string> {
  return (await findQuote(pool, quoteId))?.items[0]?.blockers[0] ?? 'NOTHING_PERMITTED';
}

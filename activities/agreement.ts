/**
 * A termination that came as a signal: what it asks for is quoted and agreed to like any other, and answered
 * as the command that follows from it.
 */
import { createHash } from 'node:crypto';
import type { Envelope } from '../domain/commands';
import { isUnsignedName } from '../domain/signed';
import { acceptQuote } from '../store/agreements/acceptance';
import type { ItemCommand } from '../store/agreements/items';
import { createQuote, findQuote } from '../store/agreements/quotes';
import { onOneConnection, type Pool } from '../store/db';
import { findInstance, type InstanceRow } from '../store/lives/instances';
import { findStep } from '../store/lives/timeline';
import type { Trust } from './trust';

export interface AcceptInput {
  instanceId: string;
  envelope: Envelope;
  quoteId: string | undefined;
  mode: 'now' | 'later';
}

/** The message is signed: it is carried out in the name of the agreement that was just made. */
export type AcceptResult =
  | { ok: true; message: ItemCommand & { signature?: string | undefined } }
  | { ok: false; code: string };

/** As long as one that people look at. */
const QUOTE_SECONDS = 900;

export async function acceptSignal(pool: Pool, trust: Trust, input: AcceptInput): Promise<AcceptResult> {
  const { instanceId, envelope } = input;
  if (trust.unsigned === 'refuse' && isUnsignedName(envelope.by)) return { ok: false, code: 'UNSIGNED' };
  const instance = (await findInstance(pool, instanceId))!;
  if (await findStep(pool, instanceId, envelope.id)) return { ok: false, code: 'COMMAND_ID_REUSED' };
  // Derived from the signal's id, so that a repeat finds what the first one did.
  const key = createHash('sha256').update(`${instanceId} ${envelope.id}`).digest('hex').slice(0, 32);
  const { quoteId = `q_${key}` } = input;
  const code =
    input.quoteId === undefined
      ? await quoteNow(pool, instance, quoteId, input.mode)
      : await misfit(pool, quoteId, instanceId);
  if (code !== undefined) return { ok: false, code };
  const accepted = await acceptQuote(pool, {
    quoteId,
    terminationId: `t_${key}`,
    by: envelope.by,
    via: 'signal',
  });
  if (!accepted.ok)
    return { ok: false, code: (await firstBlocker(pool, quoteId, accepted.code)) ?? accepted.code };
  const item = accepted.items.find((one) => one.instanceId === instanceId);
  if (!item) return { ok: false, code: 'QUOTE_USED' };
  return {
    ok: true,
    message: { ...item.message, signature: trust.signatures.sign(instanceId, item.message) },
  };
}

/** Without a quote nobody has seen an amount: only where there is none. @returns why it can't be */
async function quoteNow(
  pool: Pool,
  row: InstanceRow,
  quoteId: string,
  mode: AcceptInput['mode'],
): Promise<string | undefined> {
  const { facts, policy } = row;
  if (facts.billing !== 'postpaid') return 'QUOTE_REQUIRED';
  if (!policy.lifecycle.end.postpaid.modes[mode]) return 'MODE_NOT_OFFERED';
  const request = { action: 'terminate', schedule: { mode } } as const;
  const quote = {
    id: quoteId,
    rows: [row],
    request,
    policyOf: () => policy,
    expiresInSeconds: QUOTE_SECONDS,
  };
  await onOneConnection(pool, (db) => createQuote(db, quote));
  return undefined;
}

/**
 * A signal speaks for one instance, and so must the quote that it names; one that there is not is for the
 * acceptance to say.
 */
async function misfit(pool: Pool, quoteId: string, instanceId: string): Promise<string | undefined> {
  const items = (await findQuote(pool, quoteId))?.items;
  return items && (items.length !== 1 || items[0]!.instanceId !== instanceId) ? 'QUOTE_OF_OTHERS' : undefined;
}

/** What stands against the instance says more than that nothing is permitted. */
async function firstBlocker(pool: Pool, quoteId: string, code: string): Promise<string | undefined> {
  return code === 'NOTHING_PERMITTED' ? (await findQuote(pool, quoteId))?.items[0]?.blockers[0] : undefined;
}

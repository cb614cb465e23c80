import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Pool } from '../../store/db';
import { hashOf } from '../../store/hash';
import { type Claimed, claim, complete, LockLost, type Owner, release } from '../../store/idempotency';
import { Problem } from '../problem';
import type { Reply } from './call';

/** Visible ASCII; double quotes are part of the key. */
const KEY = /^[!-~]{1,255}$/;

/**
 * The key of a request, or undefined when it may go without.
 * @throws Problem 400 when it is missing where it is required, or has other characters
 */
export function readKey(
  header: string | undefined,
  need: 'required' | 'optional' | 'none',
): string | undefined {
  if (need === 'none') return undefined;
  if (header === undefined) {
    if (need === 'required') throw new Problem('IDEMPOTENCY_KEY_REQUIRED');
    return undefined;
  }
  if (!KEY.test(header)) throw new Problem('IDEMPOTENCY_KEY_INVALID');
  return header;
}

/**
 * Of method, address and body, with sorted members: the same request in another order of members is the same.
 */
export const requestFingerprint = (method: string, address: string, body: unknown): string =>
  hashOf([method, address, body ?? null]);

export interface Keyed {
  caller: string;
  key: string;
  fingerprint: string;
}

interface KeyStore {
  pool: Pool;
  owner: Pick<Owner, 'owner' | 'held'>;
  logger: Logger;
}

/**
 * Runs a request once for its key.
 * @param run never throws for answers below 500: those are replies too, and are stored
 * @throws Problem when the key is running or belongs to another request; LockLost; whatever `run` throws
 */
export async function once(keeper: KeyStore, keyed: Keyed, run: () => Promise<Reply>): Promise<Reply> {
  const claimed = await claimHeld(keeper, keyed);
  switch (claimed.outcome) {
    case 'unheld':
      throw new LockLost();
    case 'mismatch':
      throw new Problem('IDEMPOTENCY_KEY_REUSED');
    case 'running':
      throw new Problem('IDEMPOTENCY_RUNNING', { headers: { 'Retry-After': '1' } });
    case 'done':
      return {
        status: claimed.status,
        body: claimed.body,
        headers: { ...claimed.headers, 'Idempotency-Hit': 'true' },
      };
    case 'claimed':
      return await runClaimed(keeper, keyed, run);
  }
}

/** How long a request waits for this process to have its lock again. */
const HELD_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 20;

/**
 * A process that has lost its lock claims nothing until it has it again. PostgreSQL may know of the loss
 * before this process does.
 */
async function claimHeld({ pool, owner }: KeyStore, keyed: Keyed): Promise<Claimed> {
  const until = Date.now() + HELD_WITHIN_MS;
  for (;;) {
    const claimed = await claim(pool, { ...keyed, owner: owner.owner });
    if (claimed.outcome !== 'unheld' || Date.now() >= until) return claimed;
    await sleep(LOOK_EVERY_MS);
    await owner.held(until - Date.now());
  }
}

async function runClaimed(
  keeper: KeyStore,
  { caller, key }: Keyed,
  run: () => Promise<Reply>,
): Promise<Reply> {
  const { pool, logger } = keeper;
  try {
    const reply = await run();
    const settle =
      reply.status < 500 && !reply.interim
        ? () =>
            complete(pool, {
              caller,
              key,
              status: reply.status,
              headers: reply.headers ?? {},
              body: reply.body,
            })
        : () => release(pool, { caller, key });
    await persist(settle, logger);
    return reply;
  } catch (error) {
    await persist(() => release(pool, { caller, key }), logger);
    throw error;
  }
}

const RETRIES = 60;

/**
 * What has happened has happened: when the database is away just now, the caller still gets the true answer
 * and the key is settled behind its back. A repeat meanwhile is told "still running", never something untrue.
 */
async function persist(settle: () => Promise<void>, logger: Logger, retries = RETRIES): Promise<void> {
  try {
    await settle();
  } catch (error) {
    logger.warn({ err: error, retries }, 'an Idempotency-Key could not be settled');
    if (retries > 0) setTimeout(() => void persist(settle, logger, retries - 1), 1000).unref();
  }
}

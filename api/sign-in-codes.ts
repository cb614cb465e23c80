/**
 * Codes that sign the operator in once: `npm start` prints a link with one. They are known to the process that
 * made them only, and to it by their hash.
 */
import { createHash, randomBytes } from 'node:crypto';

const LIVES_MS = 600_000;

const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex');

export class SignInCodes {
  /** Until when each can be used, by the clock that nobody sets. */
  private readonly until = new Map<string, number>();

  make(): string {
    const code = randomBytes(32).toString('base64url');
    this.until.set(hashOf(code), performance.now() + LIVES_MS);
    return code;
  }

  /** @returns whether it can be used; it can't again */
  take(code: string): boolean {
    const hash = hashOf(code);
    const until = this.until.get(hash);
    this.until.delete(hash);
    return until !== undefined && performance.now() < until;
  }
}

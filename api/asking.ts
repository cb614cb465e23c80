/**
 * Who asks for something, and under which id: what every use case is given, whichever way it was asked for.
 */
import { createHash } from 'node:crypto';
import type { Caller } from './caller';

export interface Asking {
  /** The name is also the `by` of what happens. */
  caller: Caller;
  /** Makes asking twice harmless (L8). */
  commandId: string;
}

/**
 * The command id of a keyed request, and the id of its update: repeated after a crash it finds what happened
 * before (L8).
 */
export const commandIdOf = (caller: string, key: string): string => `key/${segment(caller)}/${key}`;

/**
 * Names of accounts may have slashes and be long, and one caller's id must never be another's: what isn't
 * plain and short is hashed.
 */
const segment = (caller: string): string =>
  /^[\w.:@-]{1,200}$/.test(caller) ? caller : createHash('sha256').update(caller).digest('hex');

/** An id that the same command always gets: `t_` + 32 hexadecimal digits of a hash. */
export const derivedId = (prefix: string, commandId: string): string =>
  `${prefix}_${createHash('sha256').update(commandId).digest('hex').slice(0, 32)}`;

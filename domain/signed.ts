/**
 * Who vouches for a message. What comes through the API is signed with a key that only Sunset's own processes
 * have; whoever else reaches Temporal (the Web UI, its CLI, batch operations, any program on its port) can
 * send messages too, but not in anybody's name. A workflow has no key: it looks at the form only, and the
 * activity that records the step verifies. So nothing is known to be signed until it is recorded.
 */
import type { Command, Envelope } from './commands';

/** What a signature is over, together with its instance: one command of one caller, under its id. */
export type Signable = Envelope & { command: Command };

/** `<when, milliseconds in base 36>.<HMAC-SHA-256 in base64url>`. */
const SIGNATURE = /^[0-9a-z]{1,11}\.[\w-]{43}$/;

/** Whether something has the form of a signature, which says nothing of who made it. */
export const isSignature = (value: unknown): value is string =>
  typeof value === 'string' && SIGNATURE.test(value);

/** Makes signatures of messages to an instance. */
type Sign = (instanceId: string, message: Signable) => string;

/**
 * What the sender of a message needs of the key. Temporal answers an update under an id that it knows with
 * the outcome of the first one, whatever the second one asks: so an update's id, too, is one that only Sunset
 * can tell, and the same whenever the message is.
 */
export interface Signer {
  sign: Sign;
  updateId: (instanceId: string, message: Signable) => string;
}

/**
 * Ids of messages that nobody vouches for live in a space of their own: none of them can take the id of
 * somebody's command.
 */
const UNSIGNED_IDS = 'unsigned/';
/** Stands before the name that an unsigned message gives itself. */
const UNSIGNED_NAMES = 'unsigned: ';

export const isUnsignedName = (by: string): boolean => by.startsWith(UNSIGNED_NAMES);
export const unsignedName = (by: string): string => (isUnsignedName(by) ? by : `${UNSIGNED_NAMES}${by}`);

/** The envelope of a message without a signature: its id and its name as nobody's. */
export const asUnsigned = ({ id, by }: Envelope): Envelope => ({
  id: `${UNSIGNED_IDS}${id}`,
  by: unsignedName(by),
});

/**
 * What a step's activity is told of the message behind it: Sunset's own (a deadline), nobody's, or one with a
 * signature to verify. A refused message is told whole, because its step has an id and a body of its own.
 */
export type Provenance = 'sunset' | 'unsigned' | { signature: string; message?: Signable | undefined };

/** What is kept with a step: whose word it was. `before`: it was recorded before messages were signed. */
export type Authority = 'sunset' | 'signed' | 'unsigned' | 'before';

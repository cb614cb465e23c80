/** Standard Webhooks 1.0: how Sunset signs what it asks control planes, and verifies what they confirm. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The bytes of a `whsec_…`. */
export type Secret = Buffer;

const PREFIX = 'whsec_';
const BYTES = { least: 24, most: 64 } as const;
const WINDOW_SECONDS = 300;
/** Nobody has more secrets at a time; each costs an HMAC. */
const MOST_SIGNATURES = 10;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * @param text `whsec_` and the base64 of 24–64 random bytes
 * @returns undefined when it isn't that
 */
export function secretOf(text: string): Secret | undefined {
  const encoded = text.slice(PREFIX.length);
  if (!text.startsWith(PREFIX) || !BASE64.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length >= BYTES.least && bytes.length <= BYTES.most ? bytes : undefined;
}

const signed = (secret: Secret, id: string, timestamp: string | number, body: string | Buffer): string =>
  createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');

/**
 * The three headers of one message. While a secret is replaced there are two of them, and two signatures.
 * @param id the same each time the message is sent; without dots
 */
export function signedHeaders(
  secrets: readonly Secret[],
  id: string,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${signed(secret, id, timestamp, body)}`).join(' '),
  };
}

/** Headers as Node has them: names in small letters. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** `refused` is for the operator's log: who asks is told no more than that it was. */
export type Verified = { id: string } | { refused: string };

/**
 * Whether a control plane has sent this, and within the last five minutes. A message that comes twice in
 * that time passes twice: its `id` is the same.
 * @param rawBody as it came; parsing and writing it again would change it
 * @param secrets any of them counts, so that one can be replaced
 */
export function verifyConfirmation(
  headers: Headers,
  rawBody: string | Buffer,
  secrets: readonly Secret[],
  nowMs: number,
): Verified {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
    (one) => headers[`webhook-${one}`],
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return { refused: 'webhook-id, webhook-timestamp or webhook-signature is missing' };
  if (!/^[^.\s]{1,256}$/.test(id)) return { refused: 'webhook-id is not an id' };
  if (!/^\d{1,12}$/.test(timestamp)) return { refused: 'webhook-timestamp is no number of seconds' };
  const ageSeconds = nowMs / 1000 - Number(timestamp);
  if (Math.abs(ageSeconds) > WINDOW_SECONDS)
    return { refused: `webhook-timestamp is ${Math.round(ageSeconds)} s old: look at both clocks` };
  const given = signatures
    .split(' ', MOST_SIGNATURES)
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice('v1,'.length)));
  const isOurs = secrets.some((secret) => {
    const right = Buffer.from(signed(secret, id, timestamp, rawBody));
    return given.some((one) => one.length === right.length && timingSafeEqual(one, right));
  });
  return isOurs ? { id } : { refused: 'no signature is by a secret that is known here' };
}

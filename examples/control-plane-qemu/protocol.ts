/** The words of the protocol (docs/control-planes.md), and Standard Webhooks 1.0 by its own library. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';

const GOALS = ['running', 'stopped', 'isolated', 'released'] as const;

interface Part {
  kind: string;
  id: string;
}

/** What is destroyed and what is kept. */
export interface Plan {
  terminate: Part[];
  retain: Part[];
}

/** What is read of the body of `POST /apply`. */
export interface Asking {
  instanceId: string;
  externalId: string | null;
  goal: (typeof GOALS)[number];
  plan: Plan | null;
  stepKey: string;
}

/** What a step came to. */
export type Outcome =
  | { state: 'done' }
  | { state: 'refused'; code: string; message: string; retryable: boolean };

/** How a machine was found. */
export type Seen =
  | { exists: false }
  | { exists: true; power: 'running' | 'stopped'; marker: 'isolated' | null };

/** @returns undefined when it isn't an asking */
export function askingOf(body: string): Asking | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { instanceId, externalId, goal, plan, stepKey } = read as Partial<Asking>;
  const isOne =
    isText(instanceId) &&
    (externalId === null || isText(externalId)) &&
    GOALS.includes(goal!) &&
    isText(stepKey) &&
    (plan === null || (isObject(plan) && areParts(plan.terminate) && areParts(plan.retain)));
  return isOne ? { instanceId, externalId, goal: goal!, plan, stepKey } : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const areParts = (value: unknown): value is Part[] =>
  Array.isArray(value) &&
  value.every((one) => isObject(one) && 'id' in one && isText(one.id) && 'kind' in one);

/**
 * Whether somebody who has one of the secrets has sent exactly this within the last five minutes. Who
 * sends it again in that time passes too: a step is carried out once, whoever asks.
 * @param body as it came
 */
export function isSigned(secrets: readonly string[], headers: IncomingHttpHeaders, body: string): boolean {
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}

/** The headers of a confirmation: its id is the same each time it is sent. */
export function signed(secret: string, stepKey: string, body: string): Record<string, string> {
  const id = `confirm_${createHash('sha256').update(stepKey).digest('hex')}`;
  const at = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

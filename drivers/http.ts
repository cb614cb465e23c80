/**
 * Control planes that are asked over HTTP, by the protocol of docs/control-planes.md. What isn't an answer of
 * that protocol is `unknown`, whatever it is, and no word of it goes into the reason.
 */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Gate, type GateSettings, oneLine, type Status, type Unknown } from './gate';
import {
  type Applied,
  type Driver,
  GOALS,
  type Goal,
  inWords,
  isAsWanted,
  type Observation,
  type Observed,
  type Ref,
  type Wanted,
} from './port';
import { type Secret, signedHeaders } from './signature';

export interface HttpSettings extends GateSettings {
  name: string;
  /** Without query; `/apply` and `/instances/…` come behind it. */
  url: string;
  /** One, or while it is replaced two. */
  secrets: readonly Secret[];
}

/** Answers are a few words. */
const MAX_BYTES = 64 * 1024;
const LONGEST_WAIT_SECONDS = 3600;
/** What said that it is done, and was found otherwise, may need a moment. */
const LOOK_AGAIN_SECONDS = 5;

/** What came over the wire. */
interface Answer {
  status: number;
  /** undefined: not JSON. */
  body: unknown;
  retryAfter: number | undefined;
}

interface Asking {
  method: 'GET' | 'POST';
  /** With its query. */
  path: string;
  body: string;
  /** As signed. */
  id: string;
}

type Read<T> = (answer: Answer) => T | Unknown;

const pending = z.object({
  state: z.literal('pending'),
  pollAfter: z.number().min(0).max(LONGEST_WAIT_SECONDS),
});
const refused = z.object({
  state: z.literal('refused'),
  code: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  message: z.string().max(10_000),
  retryable: z.boolean(),
});
const done = z.object({ state: z.literal('done') });
const there = z.object({
  exists: z.literal(true),
  power: z.enum(['running', 'stopped']),
  marker: z.enum(['isolated']).nullable(),
});
const gone = z.object({ exists: z.literal(false) });

/** Answers to `apply`, by status. */
const APPLIED: Readonly<Record<number, z.ZodType<Applied>>> = { 200: done, 202: pending, 409: refused };

export class HttpDriver implements Driver {
  readonly name: string;
  readonly capabilities = { goals: GOALS, acts: true } as const;
  private readonly gate: Gate;

  constructor(private readonly settings: HttpSettings) {
    this.name = settings.name;
    this.gate = new Gate(settings);
  }

  status(): Status {
    return this.gate.statusOf(this.name, new URL(this.settings.url).host);
  }

  async observe(ref: Ref): Promise<Observation> {
    return await this.gate.inTurn(() => this.look(ref));
  }

  async apply(ref: Ref, goal: Goal, { stepKey, plan, deadline }: Wanted): Promise<Applied> {
    const body = JSON.stringify({ ...refOf(ref), goal, plan: planOf(plan), stepKey, deadline });
    const id = `step_${createHash('sha256').update(stepKey).digest('hex')}`;
    const answer = await this.gate.inTurn<Applied>(async () => {
      const said = await this.ask({ method: 'POST', path: '/apply', body, id }, appliedOf);
      // Within the same turn: behind all others it would come so late that it is asked for again.
      return 'state' in said && said.state === 'done' ? await this.lookedAt(ref, goal) : said;
    });
    if ('state' in answer) return answer;
    const { unknown: reason, ...more } = answer;
    return { state: 'unknown', reason, ...more };
  }

  /** Its signature says who asks, not for what: there is no body. So each has an id of its own. */
  private async look({ instanceId, externalId, product, region }: Ref): Promise<Observation> {
    const query = new URLSearchParams({
      ...(externalId === null ? {} : { externalId }),
      product,
      region,
    });
    const path = `/instances/${encodeURIComponent(instanceId)}?${query}`;
    const asking: Asking = { method: 'GET', path, body: '', id: `look_${randomUUID()}` };
    return await this.ask(asking, (answer) => this.observed(answer));
  }

  /** Done is what was seen, not what was said. */
  private async lookedAt(ref: Ref, goal: Goal): Promise<Applied | Unknown> {
    const seen = await this.look(ref);
    if ('unknown' in seen)
      return { ...seen, unknown: `it says done, and could not be looked at: ${seen.unknown}` };
    if (isAsWanted(goal, seen)) return { state: 'done' };
    const unknown = `it says ${goal} is done, and shows the machine ${inWords(seen)}`;
    return { unknown, retryAfter: LOOK_AGAIN_SECONDS };
  }

  private observed({ status, body }: Answer): Observed | Unknown {
    const observedAt = new Date(this.gate.now()).toISOString();
    if (status !== 200 && status !== 404) return strange(status);
    if (gone.safeParse(body).success) return { exists: false, power: 'stopped', isolated: false, observedAt };
    // A proxy that doesn't know the address says 404 too, and nothing of a machine.
    if (status === 404) return { unknown: 'it answered 404 without {"exists": false}: is its url right?' };
    const read = there.safeParse(body);
    if (!read.success) return nonsense(status, read.error);
    const { power, marker } = read.data;
    return { exists: true, power, isolated: marker === 'isolated', observedAt };
  }

  private async ask<T extends object>(asking: Asking, read: Read<T>): Promise<T | Unknown> {
    return await this.gate.ask(() => this.request(asking, read));
  }

  private async request<T extends object>(
    { method, path, body, id }: Asking,
    read: Read<T>,
  ): Promise<T | Unknown> {
    const { url, secrets } = this.settings;
    try {
      const response = await fetch(url + path, {
        method,
        // Followed, a redirect would take the signature elsewhere.
        redirect: 'manual',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
          ...signedHeaders(secrets, id, body, this.gate.now()),
        },
        ...(body === '' ? {} : { body }),
        signal: AbortSignal.timeout(this.gate.timeoutMs),
      });
      const text = await textOf(response);
      if (text === undefined) return { unknown: `it answered with more than ${MAX_BYTES} bytes` };
      const retryAfter = secondsOf(response.headers.get('retry-after'), this.gate.now());
      const result = read({ status: response.status, body: jsonOf(text), retryAfter });
      return 'unknown' in result && retryAfter !== undefined ? { ...result, retryAfter } : result;
    } catch (error) {
      return { unknown: this.whyNot(error) };
    }
  }

  /** By the code alone: messages may have addresses and answers in them. */
  private whyNot(error: unknown): string {
    const { name, cause } = error as { name?: string; cause?: { code?: string } };
    if (name === 'TimeoutError') return `no answer within ${this.gate.timeoutMs / 1000} s`;
    return `no answer (${cause?.code ?? 'the connection failed'})`;
  }
}

const refOf = ({ instanceId, externalId, product, region }: Ref) => ({
  instanceId,
  externalId,
  product,
  region,
});

/** Which parts: reasons and what they cost are not the control plane's business. */
function planOf(plan: Wanted['plan']) {
  if (plan === null) return null;
  const part = ({ kind, id }: { kind: string; id: string }) => ({ kind, id });
  return { terminate: plan.terminate.map(part), retain: plan.retain.map(part) };
}

function appliedOf({ status, body, retryAfter }: Answer): Applied | Unknown {
  const schema = APPLIED[status];
  if (!schema) return strange(status);
  const read = schema.safeParse(body);
  if (!read.success) return nonsense(status, read.error);
  const applied = read.data;
  if (applied.state !== 'refused') return applied;
  const hint = applied.retryable && retryAfter !== undefined ? { retryAfter } : {};
  return { ...applied, message: oneLine(applied.message), ...hint };
}

const STRANGE: Readonly<Record<number, string>> = {
  401: 'it does not know the signature: are both secrets the same, and both clocks right?',
  403: 'it does not know the signature: are both secrets the same, and both clocks right?',
  404: 'is its url right?',
  429: 'it is asked too often',
};

function strange(status: number): Unknown {
  const isRedirect = status >= 300 && status < 400;
  const hint = isRedirect ? 'redirects are not followed' : STRANGE[status];
  return { unknown: `it answered ${status}${hint === undefined ? '' : `: ${hint}`}` };
}

/** Names the member and not what was in it. */
function nonsense(status: number, { issues }: z.ZodError): Unknown {
  const member = issues[0]?.path.join('.');
  return {
    unknown: `it answered ${status} with ${member ? `a "${member}" that can't be` : 'no such object'}`,
  };
}

/** undefined: too long; what is left of it is not read. */
async function textOf(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the body, and with it the connection.
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After`: seconds, or a date. */
function secondsOf(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 0), LONGEST_WAIT_SECONDS);
}

/**
 * A control plane that speaks the protocol of docs/control-planes.md, and lies when it is told to: a real
 * server, with machines that start, stop and are destroyed, and a log of what it was asked and what it did.
 * Who signs is verified by the reference library, so every test that is answered proves the signature.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Plan } from '../../domain/plan';
import type { Goal, Ref } from '../../drivers/port';

export interface LiarMachine {
  power: 'running' | 'stopped';
  isolated: boolean;
  /** Ids of disks and addresses that are there. */
  parts: Set<string>;
  /** Its disks outlive it. */
  exists: boolean;
}

/** `after`: it does as it was asked, and only then what is said here. */
export type Lie =
  | { how: 'fail'; status?: number; headers?: Record<string, string>; after?: boolean }
  | { how: 'hang'; after?: boolean }
  | { how: 'cut'; after?: boolean }
  | { how: 'nonsense'; body?: string; status?: number; after?: boolean }
  | { how: 'flood' }
  | { how: 'redirect'; to: string }
  /** Does it, and answers when so much time has passed. */
  | { how: 'late'; ms: number }
  /** Answers one request twice, on its connection. */
  | { how: 'twice' }
  /** Says done, and does nothing. */
  | { how: 'claim' }
  /** Says pending, does nothing and remembers nothing. */
  | { how: 'forget' }
  | { how: 'refuse'; retryable: boolean; code?: string; message?: string; after?: boolean }
  /** No lie: says pending until it has been asked so often. */
  | { how: 'slow'; asks: number; pollAfter?: number }
  /** Shows a machine as this. */
  | { how: 'show'; body: unknown }
  /** No lie: does what nobody has asked for, and then answers truly. */
  | { how: 'act'; did: Unasked };

type Unasked = 'start' | 'stop' | 'free' | 'destroy';

export interface To {
  call?: 'apply' | 'observe';
  instanceId?: string;
  goal?: Goal;
  /** How often; default once. */
  times?: number;
  /** How many that fit are answered truly before; default none. */
  skip?: number;
}

/** One request as it came. */
export interface Asked {
  call: 'apply' | 'observe';
  instanceId: string;
  goal: Goal | null;
  stepKey: string | null;
  webhookId: string;
  /** How it was answered; null: truly. */
  lie: Lie['how'] | null;
  body: ApplyBody | null;
}

/** One thing that it has done to a machine, or to a part of one. */
export interface Deed {
  instanceId: string;
  did: 'start' | 'stop' | 'isolate' | 'free' | 'destroy';
  /** The machine's own id, or that of a disk or an address. */
  what: string;
  /** null: nobody asked. */
  stepKey: string | null;
  /** In milliseconds since the epoch. */
  at: number;
}

interface ApplyBody extends Ref {
  goal: Goal;
  stepKey: string;
  plan: { terminate: Plan['terminate']; retain: { kind: string; id: string }[] } | null;
  deadline: string;
}

type Answer = { status: number; body: unknown; headers?: Record<string, string> };

const DONE: Answer = { status: 200, body: { state: 'done' } };
const pending = (pollAfter: number): Answer => ({ status: 202, body: { state: 'pending', pollAfter } });
const refused = (code: string, message: string, retryable: boolean): Answer => ({
  status: 409,
  body: { state: 'refused', code, message, retryable },
});

export class Liar {
  readonly secret = `whsec_${randomBytes(32).toString('base64')}`;
  readonly machines = new Map<string, LiarMachine>();
  readonly asked: Asked[] = [];
  readonly deeds: Deed[] = [];
  /** Requests whose signature was wrong. */
  strangers = 0;
  /** The most requests that were there at a time. */
  mostAtOnce = 0;
  /** How long each asking takes it, and whether it fails then; asked for each. Missing: it answers at once. */
  pace: (() => { ms: number; fails: boolean }) | undefined;
  private atOnce = 0;
  private lies: { lie: Lie; to: To; left: number; skip: number }[] = [];
  private readonly remembered = new Map<string, { asks: number; answer: Answer | undefined }>();
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** At the same port as before. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
      response.once('close', () => this.atOnce--);
      // One that is gone while it is answered.
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Nobody answers at its port; machines stay as they are. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** A machine that runs, with a disk of the system's, an elastic one, and an address. */
  make(instanceId: string, parts: readonly string[] = []): LiarMachine {
    const machine: LiarMachine = { power: 'running', isolated: false, parts: new Set(parts), exists: true };
    this.machines.set(instanceId, machine);
    return machine;
  }

  /** The first that fits is told; then the next, when it was told often enough. */
  tell(lie: Lie, to: To = {}): void {
    this.lies.push({ lie, to, left: to.times ?? 1, skip: to.skip ?? 0 });
  }

  /** From now on as it is. */
  repent(): void {
    this.lies = [];
  }

  /** Does what nobody has asked for. */
  act(instanceId: string, what: Unasked): void {
    const machine = this.machines.get(instanceId)!;
    if (what === 'start') this.power(instanceId, machine, 'running', null);
    if (what === 'stop') this.power(instanceId, machine, 'stopped', null);
    if (what === 'free') this.isolate(instanceId, machine, false, null);
    if (what === 'destroy') this.destroy(instanceId, machine, [instanceId, ...machine.parts], null);
  }

  /**
   * Calls back, signed as the protocol says.
   * @param outcome as an answer to `apply`: `{state: 'done'}`
   */
  async confirm(to: string, stepKey: string, instanceId: string, outcome: unknown): Promise<Response> {
    const body = JSON.stringify({ instanceId, stepKey, outcome });
    const [id, at] = [`confirm_${randomUUID()}`, new Date()];
    return await fetch(to, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(this.secret).sign(id, at, body),
      },
      body,
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (!this.isSigned(request, text)) {
      this.strangers++;
      send(response, { status: 401, body: { error: 'signature' } });
      return;
    }
    const { pathname } = new URL(request.url!, this.url);
    if (request.method === 'POST' && pathname === '/apply')
      return await this.applied(request, response, JSON.parse(text) as ApplyBody);
    const [, instanceId] = /^\/instances\/([^/]+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && instanceId !== undefined)
      return await this.observed(request, response, decodeURIComponent(instanceId));
    send(response, { status: 404, body: { error: 'no such path' } });
  }

  private isSigned(request: IncomingMessage, text: string): boolean {
    try {
      new Webhook(this.secret).verify(text, request.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }

  private async applied(request: IncomingMessage, response: ServerResponse, body: ApplyBody): Promise<void> {
    const { instanceId, goal, stepKey } = body;
    const lie = this.nextLie({ call: 'apply', instanceId, goal });
    const webhookId = request.headers['webhook-id'] as string;
    const how = lie?.how ?? null;
    this.asked.push({ call: 'apply', instanceId, goal, stepKey, webhookId, lie: how, body });
    const truth = (): Answer => this.carryOut(body);
    const pace = this.pace?.();
    if (pace) await sleep(pace.ms);
    if (pace?.fails) return send(response, { status: 500, body: 'it broke' });
    await tell(response, lie, truth, (asks, pollAfter) => this.slowly(body, asks, pollAfter));
  }

  private async observed(
    request: IncomingMessage,
    response: ServerResponse,
    instanceId: string,
  ): Promise<void> {
    const lie = this.nextLie({ call: 'observe', instanceId });
    const webhookId = request.headers['webhook-id'] as string;
    const asked = { call: 'observe', instanceId, goal: null, stepKey: null, webhookId, body: null } as const;
    this.asked.push({ ...asked, lie: lie?.how ?? null });
    const look = (): Answer => {
      const machine = this.machines.get(instanceId);
      if (!machine?.exists) return { status: 404, body: { exists: false } };
      const marker = machine.isolated ? 'isolated' : null;
      return { status: 200, body: { exists: true, power: machine.power, marker } };
    };
    await tell(response, lie, look, look);
  }

  private nextLie({ call, instanceId, goal }: Pick<Asked, 'call' | 'instanceId'> & { goal?: Goal }) {
    const fitting = this.lies.filter(
      ({ to, left }) =>
        left > 0 &&
        (to.call ?? call) === call &&
        (to.instanceId ?? instanceId) === instanceId &&
        (to.goal ?? goal) === goal,
    );
    const found = fitting.find(({ skip }) => skip === 0);
    for (const one of fitting) if (one.skip > 0) one.skip--;
    if (!found) return undefined;
    found.left--;
    // Before it looks at what it is asked about.
    if (found.lie.how === 'act') this.act(instanceId, found.lie.did);
    return found.lie;
  }

  /** Pending until it has been asked so often. */
  private slowly(body: ApplyBody, asks: number, pollAfter: number): Answer {
    const known = this.remembered.get(body.stepKey) ?? { asks: 0, answer: undefined };
    known.asks++;
    this.remembered.set(body.stepKey, known);
    return known.answer || known.asks >= asks ? this.carryOut(body) : pending(pollAfter);
  }

  /** Once for each step: who asks again is told the same. */
  private carryOut(body: ApplyBody): Answer {
    const known = this.remembered.get(body.stepKey);
    if (known?.answer) return known.answer;
    const answer = this.perform(body);
    this.remembered.set(body.stepKey, { asks: (known?.asks ?? 0) + 1, answer });
    return answer;
  }

  private perform({ instanceId, goal, plan, stepKey }: ApplyBody): Answer {
    const machine = this.machines.get(instanceId);
    if (!machine?.exists) return goal === 'released' ? DONE : refused('GONE', 'there is no machine', false);
    if (goal === 'released') {
      this.destroy(
        instanceId,
        machine,
        (plan?.terminate ?? []).map(({ id }) => id),
        stepKey,
      );
    } else {
      this.isolate(instanceId, machine, goal === 'isolated', stepKey);
      this.power(instanceId, machine, goal === 'running' ? 'running' : 'stopped', stepKey);
    }
    return DONE;
  }

  private power(instanceId: string, machine: LiarMachine, to: LiarMachine['power'], stepKey: string | null) {
    if (machine.power === to) return;
    machine.power = to;
    this.did({ instanceId, did: to === 'running' ? 'start' : 'stop', what: instanceId, stepKey });
  }

  private isolate(instanceId: string, machine: LiarMachine, isolated: boolean, stepKey: string | null) {
    if (machine.isolated === isolated) return;
    machine.isolated = isolated;
    this.did({ instanceId, did: isolated ? 'isolate' : 'free', what: instanceId, stepKey });
  }

  private destroy(instanceId: string, machine: LiarMachine, ids: readonly string[], stepKey: string | null) {
    for (const what of ids) {
      const wasThere = what === instanceId ? machine.exists : machine.parts.delete(what);
      if (what === instanceId) machine.exists = false;
      if (wasThere) this.did({ instanceId, did: 'destroy', what, stepKey });
    }
  }

  private did(deed: Omit<Deed, 'at'>): void {
    this.deeds.push({ ...deed, at: Date.now() });
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Answers, truly or not. */
async function tell(
  response: ServerResponse,
  lie: Lie | undefined,
  truth: () => Answer,
  slowly: (asks: number, pollAfter: number) => Answer,
): Promise<void> {
  if (!lie || lie.how === 'act') return send(response, truth());
  if ('after' in lie && lie.after) truth();
  switch (lie.how) {
    case 'fail':
      return send(response, { status: lie.status ?? 500, body: 'it broke', headers: lie.headers ?? {} });
    case 'hang':
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"state": "do');
      // So that what was written has gone out.
      setImmediate(() => response.destroy());
      return;
    case 'nonsense':
      return send(response, {
        status: lie.status ?? 200,
        body: lie.body ?? '<html>Welcome to nginx!</html>',
      });
    case 'flood':
      return send(response, { status: 200, body: `{"state": "done", "x": "${'x'.repeat(1_000_000)}"}` });
    case 'redirect':
      return send(response, { status: 307, body: '', headers: { location: lie.to } });
    case 'late':
      truth();
      await sleep(lie.ms);
      return send(response, truth());
    case 'twice':
      return twice(response, truth);
    case 'claim':
      return send(response, DONE);
    case 'forget':
      return send(response, pending(0));
    case 'refuse':
      return send(response, refused(lie.code ?? 'NO', lie.message ?? 'it will not', lie.retryable));
    case 'slow':
      return send(response, slowly(lie.asks, lie.pollAfter ?? 0));
    case 'show':
      return send(response, { status: 200, body: lie.body });
  }
}

/** The second answer is one that nobody has asked for. */
function twice(response: ServerResponse, truth: () => Answer): void {
  const first = truth();
  const second = JSON.stringify(truth().body);
  const { socket } = response;
  send(response, first);
  socket?.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${second.length}\r\n\r\n${second}`,
  );
}

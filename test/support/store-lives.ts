/** Lives on the store alone: decided as the workflow decides, recorded as its activities record. */
import { parseRegistration } from '../../contract/registration-rules';
import type { Command, Envelope } from '../../domain/commands';
import type { Action, Schedule } from '../../domain/instance';
import { isoOf } from '../../domain/instant';
import { decide, newLife, promisedFromHere } from '../../domain/lifecycle';
import type { Policy } from '../../domain/policy';
import { POLICIES } from '../../policies';
import { acceptQuote } from '../../store/agreements/acceptance';
import { createQuote, type QuoteRow } from '../../store/agreements/quotes';
import { onOneConnection, type Pool } from '../../store/db';
import { findInstance, findInstances } from '../../store/lives/instances';
import { commitStep } from '../../store/lives/steps';
import { withoutExamples } from '../../store/policies';
import { newId } from './lives';

const BY = 'operator';
const now = (): string => isoOf(Date.now());
let count = 0;
const nextId = (kind: string): string => `${kind}-${++count}-${process.pid}`;

const policyOf = (product: string): Policy =>
  withoutExamples(POLICIES.find((policy) => policy.product === product)!);

export async function bear(pool: Pool, body: unknown, id = newId()): Promise<string> {
  const parsed = parseRegistration(body, POLICIES, now());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const registration = parsed.value;
  const policy = policyOf(registration.product);
  const at = now();
  await commitStep(pool, {
    instanceId: id,
    step: 0,
    commandId: nextId('birth'),
    command: 'register',
    body: null,
    by: BY,
    at,
    next: promisedFromHere(newLife(id, registration, policy.lifecycle), at),
    effects: [],
    birth: { registration, policy },
    authority: 'signed',
  });
  return id;
}

/** Decides a command by the stored life, and answers how it is recorded. @throws when it is refused */
export async function stepOf(
  pool: Pool,
  id: string,
  command: Command,
  envelope: Envelope = { id: nextId('command'), by: BY },
): Promise<() => Promise<unknown>> {
  const { life } = (await findInstance(pool, id))!;
  const at = now();
  const decision = decide(life, command, at, envelope.by);
  if (!decision.ok) throw new Error(`${command.name} of ${id}: ${decision.refusal.code}`);
  const step = life.step + 1;
  const name = command.name === 'terminate' ? command.action : command.name;
  return () =>
    commitStep(pool, {
      instanceId: id,
      step,
      commandId: envelope.id,
      command: name,
      body: command,
      by: envelope.by,
      at,
      next: { ...decision.next, step },
      effects: decision.effects,
      authority: 'signed',
    });
}

export async function quoteOf(
  pool: Pool,
  ids: string[],
  action: Action,
  schedule: Schedule = { mode: 'now' },
): Promise<QuoteRow> {
  return await onOneConnection(pool, async (db) => {
    const rows = await findInstances(db, ids);
    const request = { action, schedule };
    return await createQuote(db, { id: nextId('q'), rows, request, policyOf, expiresInSeconds: 900 });
  });
}

/** Agrees to a quote, and answers how each of its items is recorded. */
export async function agreed(pool: Pool, quoteId: string): Promise<(() => Promise<unknown>)[]> {
  const accepted = await acceptQuote(pool, { quoteId, terminationId: nextId('t'), by: BY, via: 'test' });
  if (!accepted.ok) throw new Error(accepted.code);
  const steps: (() => Promise<unknown>)[] = [];
  for (const { instanceId, message } of accepted.items)
    steps.push(await stepOf(pool, instanceId, message.command, message));
  return steps;
}

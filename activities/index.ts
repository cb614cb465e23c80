/**
 * What touches the world. Each activity is one transaction, safe to repeat: the step's own keys guard it
 * (decision 6).
 */

import { activityInfo, Context, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { REFUSAL } from '../domain/ids';
import type { StepAnswer, StepInput } from '../domain/step';
import { type Driver, refOf } from '../drivers/port';
import { canPass, type Pool } from '../store/db';
import { findInstance } from '../store/lives/instances';
import { commitStep, planOf, StepRefused } from '../store/lives/steps';
import { type AcceptInput, type AcceptResult, acceptSignal } from './agreement';
import { type Crossed, type CrossInput, cross, type Machine } from './crossing';
import { type Trust, withAuthority } from './trust';

export interface Activities {
  /** Computes a refund, holds it against its quote, and books it with the step. */
  settle(input: StepInput): Promise<StepAnswer>;
  /** Records any other step. */
  record(input: StepInput): Promise<StepAnswer>;
  /**
   * Records that a signal was refused; a name of its own, so that the Web UI's timeline tells it from a step
   * that did something.
   */
  refuse(input: StepInput): Promise<StepAnswer>;
  /** Asks the control plane once for a machine that is on its way. */
  cross(input: CrossInput): Promise<Crossed>;
  /** Agrees to a termination that came as a signal: the quote it names, or one made for it. */
  accept(input: AcceptInput): Promise<AcceptResult>;
}

/** @param driverOf by the name that an instance keeps */
export function createActivities(pool: Pool, trust: Trust, driverOf: (name: string) => Driver): Activities {
  const step = async (input: StepInput): Promise<StepAnswer> => {
    const { life, ...result } = await answered(input.command, () =>
      commitStep(pool, withAuthority(input, trust)),
    );
    return input.brief && life === input.next ? result : { life, ...result };
  };
  return {
    settle: step,
    record: step,
    refuse: step,
    accept: (input) => answered('agreement', () => acceptSignal(pool, trust, input)),
    cross: (input) => alive(async () => await cross(await machineOf(pool, driverOf, input), input)),
  };
}

const HEARTBEAT_MS = 5000;

/**
 * Says that it goes on: a control plane may take long, and a worker that died is noticed by its silence. One that is to stop
 * does not wait for it: the next worker asks again.
 */
async function alive<T>(work: () => Promise<T>): Promise<T> {
  const { heartbeat, cancelled } = Context.current();
  const timer = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await Promise.race([work(), cancelled]);
  } finally {
    clearInterval(timer);
  }
}

async function machineOf(
  pool: Pool,
  driverOf: (name: string) => Driver,
  { instanceId, goal }: CrossInput,
): Promise<Machine> {
  const row = (await findInstance(pool, instanceId))!;
  return {
    driver: driverOf(row.life.driver!),
    ref: refOf(instanceId, row.facts),
    plan: goal === 'released' ? await planOf(pool, row) : null,
  };
}

/**
 * Two that race for one key look like a broken rule of the database; the one that comes again finds what the
 * other has stored.
 */
const TRIES = 3;

/**
 * The one place where it is settled what becomes of an error (L13): a business refusal is final; what another
 * time may pass is tried until it does; what is the same each time (a rule of the database, a value that it
 * can't hold, a mistake of ours) is a refusal too, because trying it for ever would keep everything else
 * waiting. Nothing of the step was written, and the log says loudly what it was.
 */
async function answered<T>(command: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StepRefused) throw refusal(error.code, error.state);
    if (canPass(error) || activityInfo().attempt < TRIES) throw error;
    log.error(`can never be carried out, and is refused: ${command}`, { error });
    throw refusal('NOT_POSSIBLE', '');
  }
}

const refusal = (code: string, state: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`refused: ${code}`, REFUSAL, { code, state });

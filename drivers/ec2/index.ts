/**
 * EC2, and clouds that speak as it does, with a recycle bin that it hasn't: an isolated machine is stopped,
 * tagged and protected from termination. What EC2 says of a call is not believed, only what it shows after it.
 */
import { Gate, type GateSettings, oneLine, type Status, type Unknown } from '../gate';
import {
  type Applied,
  type Driver,
  GOALS,
  type Goal,
  type Observation,
  type Observed,
  type Ref,
  type Wanted,
} from '../port';
import { type Ec2Address, type Ec2Api, type Instance, openEc2 } from './api';
import { codeOf, refusalOf, unknownOf } from './errors';
import {
  type Asking,
  type Ec2Machine,
  ec2NameOf,
  findInstance,
  findParts,
  findTagged,
  isProtected,
  machineOf,
  oddNames,
  Strange,
} from './machine';
import { type Move, nextMove, nextOfRelease } from './moves';

export interface Ec2Settings extends Ec2Address, GateSettings {
  name: string;
}

/** What was taken and isn't shown may need a moment: tags and attributes at EC2 do. */
const LOOK_AGAIN_SECONDS = 5;
/** None has so many parts; a cloud that shows new ones for ever is stopped by it. */
const MOST_MOVES = 500;

export class Ec2Driver implements Driver {
  readonly name: string;
  readonly capabilities = { goals: GOALS, acts: true } as const;
  private readonly gate: Gate;

  /** @param ec2 the SDK's client, unless given */
  constructor(
    private readonly settings: Ec2Settings,
    private readonly ec2: Ec2Api = openEc2(settings),
  ) {
    this.name = settings.name;
    this.gate = new Gate(settings);
  }

  status(): Status {
    const { region, endpoint } = this.settings;
    const host = endpoint === undefined ? hostOf(region) : new URL(endpoint).host;
    return this.gate.statusOf(this.name, host);
  }

  async observe(ref: Ref): Promise<Observation> {
    return await this.asked<Observed>(ref, async (asking, name) => {
      const found = await find(asking, ref, name);
      return this.observed(found === null ? null : readable(found, undefined));
    });
  }

  async apply(ref: Ref, goal: Goal, { plan }: Wanted): Promise<Applied> {
    const odd = goal === 'released' && plan !== null ? oddNames(plan) : [];
    if (odd.length) return refusedNames(odd);
    const answer = await this.asked<Applied>(ref, (asking, name) => bring(asking, ref, name, goal, plan));
    if ('state' in answer) return answer;
    const { unknown: reason, ...hint } = answer;
    return { state: 'unknown', reason, ...hint };
  }

  /** In its turn, within its time, and never with an exception. */
  private async asked<T extends object>(
    ref: Ref,
    work: (asking: Asking, name: string | null) => Promise<T | Unknown>,
  ): Promise<T | Unknown> {
    const name = ec2NameOf(ref);
    if (name !== null && 'unknown' in name) return name;
    const heard = await this.gate.inTurn(() =>
      this.gate.ask(() => this.inTime((asking) => work(asking, name?.id ?? null))),
    );
    return 'heard' in heard ? heard.heard : heard;
  }

  /** What was heard, be it nothing that helps; or unknown: silence, which the breaker counts. */
  private async inTime<T>(work: (asking: Asking) => Promise<T>): Promise<Heard<T | Unknown> | Unknown> {
    const { timeoutMs } = this.gate;
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Unknown>((resolve) => {
      timer = setTimeout(() => {
        resolve({ unknown: `no answer within ${timeoutMs / 1000} s` });
        late.abort();
      }, timeoutMs);
    });
    const asking: Asking = { ec2: this.ec2, signal: late.signal };
    const worked = work(asking).then((heard): Heard<T | Unknown> => ({ heard }), failed);
    // Beside it, because the SDK looks for credentials without an end.
    return await Promise.race([worked, limit]).finally(() => clearTimeout(timer));
  }

  private observed(machine: Ec2Machine | null): Observed {
    const observedAt = new Date(this.gate.now()).toISOString();
    if (machine === null || machine.state === 'terminated')
      return { exists: false, power: 'stopped', isolated: false, observedAt };
    // One that starts or stops is as it was until it has come to it.
    const power = machine.state === 'running' || machine.state === 'stopping' ? 'running' : 'stopped';
    return { exists: true, power, isolated: machine.isIsolated, observedAt };
  }
}

/** EC2's own in a region; those in China are a world of their own. */
const hostOf = (region: string): string =>
  `ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

interface Heard<T> {
  heard: T;
}

/** Move by move, each after a look, until one of them takes time. */
async function bring(
  asking: Asking,
  ref: Ref,
  name: string | null,
  goal: Goal,
  plan: Wanted['plan'],
): Promise<Applied | Unknown> {
  const made = new Set<string>();
  while (made.size < MOST_MOVES) {
    const machine = await look(asking, ref, name);
    const next =
      goal === 'released'
        ? await nextOfRelease(plan, machine, (of) => findParts(asking, of), name ?? ref.instanceId)
        : nextMove(goal, machine);
    if ('state' in next) return next;
    if (made.has(next.name))
      return { unknown: `it has taken "${next.name}", and does not show it`, retryAfter: LOOK_AGAIN_SECONDS };
    made.add(next.name);
    const refusal = await make(asking, next);
    if (refusal) return refusal;
  }
  return { unknown: 'it does not come to an end', retryAfter: LOOK_AGAIN_SECONDS };
}

const find = (asking: Asking, { instanceId }: Ref, name: string | null): Promise<Instance | null> =>
  name === null ? findTagged(asking, instanceId) : findInstance(asking, name);

/**
 * The protection before the tags: who protects a machine has written down before whether it was protected, so
 * that Sunset's own protection is never taken for somebody else's, also when two look and act at the same time.
 */
async function look(asking: Asking, ref: Ref, name: string | null): Promise<Ec2Machine | null> {
  const id = name ?? (await find(asking, ref, name))?.InstanceId;
  if (id === undefined) return null;
  const isSafe = await isProtected(asking, id);
  const found = await findInstance(asking, id);
  return found === null ? null : readable(found, isSafe);
}

function readable(found: Instance, isSafe: boolean | undefined): Ec2Machine {
  const machine = machineOf(found, isSafe);
  if (!machine) throw new Strange('it shows a machine in a state that EC2 does not have');
  return machine;
}

/** The part isn't there any more, or hangs on nothing: somebody else was quicker, as the next look says. */
const GONE_ALREADY = /^Invalid(Volume|AllocationID|AssociationID|Attachment)\b/;

/**
 * @returns why it was not made; undefined: taken, or not needed any more
 * @throws when nothing that can be believed was heard
 */
async function make(asking: Asking, move: Move): Promise<Applied | undefined> {
  try {
    await move.make(asking);
    return undefined;
  } catch (error) {
    if (unknownOf(error)) throw error;
    return GONE_ALREADY.test(codeOf(error)!) ? undefined : refusalOf(error);
  }
}

function failed(error: unknown): Unknown | Heard<Unknown> {
  if (error instanceof Strange) return { heard: { unknown: error.message } };
  return unknownOf(error) ?? { heard: { unknown: `it answered ${codeOf(error)}` } };
}

const refusedNames = (names: string[]): Applied => ({
  state: 'refused',
  code: 'ODD_NAMES',
  message: oneLine(
    `these of its parts are not named as EC2 does (vol-…, eipalloc-…): ${names.slice(0, 5).join(', ')}`,
  ),
  retryable: false,
});

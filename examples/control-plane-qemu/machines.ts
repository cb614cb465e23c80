/** All machines of one folder, each in a folder of its own. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Machine, type Settings } from './machine';
import type { Asking, Outcome, Seen } from './protocol';
import { LONGEST_SOCKET, socketOf } from './qemu';

/** They are names of folders, and go into paths of sockets, which are short. */
const ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
const LEAST_MB = 64;
const MOST_MB = 4096;
const USUAL_MB = 96;

/** What somebody wants to have made. */
export interface Order {
  id: string;
  memoryMb: number;
  guest: boolean;
}

/** @returns undefined when it can't be made */
export function orderOf({ id, memoryMb = USUAL_MB, guest = true }: Partial<Order>): Order | undefined {
  const isOne =
    typeof id === 'string' &&
    ID.test(id) &&
    Number.isInteger(memoryMb) &&
    memoryMb >= LEAST_MB &&
    memoryMb <= MOST_MB &&
    typeof guest === 'boolean';
  return isOne ? { id, memoryMb, guest } : undefined;
}

export class Machines {
  private readonly machines = new Map<string, Machine>();
  private readonly made = new Map<string, Promise<Machine>>();

  private constructor(
    private readonly folder: string,
    private readonly settings: Settings,
  ) {}

  /** Finds those that are there, and goes on with what was under way. */
  static async open(folder: string, settings: Settings): Promise<Machines> {
    const longest = socketOf(join(folder, 'x'.repeat(40)));
    if (longest.length > LONGEST_SOCKET)
      throw new Error(`${folder} is too long for sockets in it: choose a folder with a shorter path`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const machines = new Machines(folder, settings);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      const machine = await Machine.find(join(folder, name), settings);
      if (machine) machines.machines.set(name, machine);
    }
    for (const machine of machines.machines.values()) machine.resume();
    return machines;
  }

  /** A new one that is switched on; one that is there already, as it is. */
  async make(order: Order): Promise<{ machine: Machine; outcome: Outcome | 'pending' }> {
    const { id } = order;
    const making = this.made.get(id) ?? this.findOrMake(order);
    this.made.set(id, making);
    const machine = await making.finally(() => this.made.delete(id));
    // A step like any other, so that it is carried out once, and to the end.
    const stepKey = `made/${id}`;
    const asking: Asking = { instanceId: id, externalId: null, goal: 'running', plan: null, stepKey };
    return { machine, outcome: await machine.apply(asking) };
  }

  private async findOrMake(order: Order): Promise<Machine> {
    const known = this.machines.get(order.id);
    if (known) return known;
    const machine = await Machine.make(join(this.folder, order.id), order, this.settings);
    this.machines.set(order.id, machine);
    return machine;
  }

  /** By the name that is its own here, where the registration gave one. */
  private named({ instanceId, externalId }: Pick<Asking, 'instanceId' | 'externalId'>): Machine | undefined {
    return this.machines.get(externalId ?? instanceId);
  }

  /** @throws when nobody can say */
  async look(of: Pick<Asking, 'instanceId' | 'externalId'>): Promise<Seen> {
    return (await this.named(of)?.look()) ?? { exists: false };
  }

  async apply(asking: Asking): Promise<Outcome | 'pending'> {
    const machine = this.named(asking);
    if (machine) return await machine.apply(asking);
    // What isn't there is gone: who wants it released has it so.
    if (asking.goal === 'released') return { state: 'done' };
    return { state: 'refused', code: 'NOT_FOUND', message: 'There is no such machine.', retryable: false };
  }
}

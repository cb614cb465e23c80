/** The control plane of examples/control-plane-qemu as a process of its own, with real machines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { until } from './lives';

const ROOT = join(__dirname, '..', '..');
const PROGRAM = 'examples/control-plane-qemu/main.ts';

interface Made {
  id: string;
  disks: string[];
  console: string;
}

export class QemuControlPlane {
  readonly folder = mkdtempSync(join(tmpdir(), 'sunset-qemu-'));
  private child: ChildProcess | undefined;
  private port = 0;

  /** @param env settings of the program's; more of them at a start, from then on */
  constructor(private readonly env: Record<string, string> = {}) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get secret(): string {
    return readFileSync(join(this.folder, 'secret'), 'utf8').trim();
  }

  /** At the same port as before. */
  async start(env: Record<string, string> = {}): Promise<this> {
    Object.assign(this.env, env);
    const child = this.spawn();
    this.child = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      const port = /^Control plane: .*:(\d+)$/.exec(line)?.[1];
      if (port) this.port = Number(port);
      if (line.startsWith('New machine:')) return this;
    }
    throw new Error('it has ended before it listened');
  }

  /** Whatever it says until it ends. */
  async saysAndEnds(env: Record<string, string> = {}): Promise<{ said: string; code: number }> {
    const child = this.spawn(env, 'pipe');
    const [said] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    return { said, code: child.exitCode! };
  }

  /** SIGKILL: of the control plane alone, while its machines run on. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** The control plane and all of its machines, and their folder. */
  async end(): Promise<void> {
    await this.kill();
    for (const { name } of readdirSync(this.folder, { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    ))
      if (this.pidOf(name) !== undefined) await this.killMachine(name);
    rmSync(this.folder, { recursive: true });
  }

  /** A machine that is on; `guest: false` has no processor and is there at once. */
  async make(order: object): Promise<Made> {
    return await until(async () => {
      const { status, body } = await this.order(order);
      // 202: it is being switched on, and is so when it is ordered again.
      return status === 200 && body;
    }, 'the machine to be on');
  }

  private async order(order: object): Promise<{ status: number; body: Made }> {
    const socketPath = join(this.folder, 'operator.sock');
    const asking = request({ socketPath, path: '/machines', method: 'POST' }).end(JSON.stringify(order));
    const [response] = await once(asking, 'response');
    return { status: response.statusCode, body: JSON.parse(await text(response)) as Made };
  }

  /** Names of the disks that are there, as files. */
  disksOf(id: string): string[] {
    return readdirSync(join(this.folder, id)).flatMap((file) => /^(.*)\.qcow2$/.exec(file)?.[1] ?? []);
  }

  diskOf(id: string, disk: string): string {
    return join(this.folder, id, `${disk}.qcow2`);
  }

  /** What the guest has said on its serial console so far. */
  consoleOf(id: string): string[] {
    const said = readFileSync(join(this.folder, id, 'console.log'), 'utf8').split('\n');
    return said.map((line) => line.trim()).filter((line) => line.startsWith(`${id}: `));
  }

  stateOf(id: string): { steps: { stepKey: string; outcome: object | null; isOwed: boolean }[] } {
    return JSON.parse(readFileSync(join(this.folder, id, 'machine.json'), 'utf8'));
  }

  /**
   * Of the machine's processes, looked for without the control plane. One is on; while it is switched on
   * there are two for a moment, of which the first waits for the second.
   */
  pidsOf(id: string): number[] {
    const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && this.isOf(id, pid));
    return pids.map(Number);
  }

  /** undefined: it is off. */
  pidOf(id: string): number | undefined {
    return this.pidsOf(id).at(-1);
  }

  private isOf(id: string, pid: string): boolean {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${join(this.folder, id)}/qmp.sock`);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }

  signal(id: string, signal: NodeJS.Signals): void {
    process.kill(this.pidOf(id)!, signal);
  }

  /** As if its host had died. */
  async killMachine(id: string): Promise<void> {
    this.signal(id, 'SIGKILL');
    await until(async () => this.pidOf(id) === undefined, `the end of ${id}`);
  }

  private spawn(env: Record<string, string> = {}, stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
    // Without a process in between, so that what is killed is the program.
    return spawn(process.execPath, ['--require', 'tsx/cjs', PROGRAM], {
      cwd: ROOT,
      env: {
        ...process.env,
        PORT: String(this.port),
        SUNSET_QEMU_DATA: this.folder,
        ...this.env,
        ...env,
      },
      stdio: ['ignore', 'pipe', stderr],
    });
  }
}

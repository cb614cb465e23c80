/**
 * An API alone in a process of its own, which watches its event loop. A line on standard input begins a
 * watch, the next one ends it, and each is answered with a line: the longest turn of the loop in between, in
 * milliseconds.
 */
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { startApi } from '../../api/http/server';
import { POLICIES } from '../../policies';
import { createPool } from '../../store/db';
import type { ProcessInput } from './service-process';
import { temporalOf } from './shared';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * By the wall clock and by the processor, whichever is less: on a busy machine the loop waits for others
 * without anybody's fault.
 */
class Watch {
  private longest = 0;
  private isOn = true;
  private wall = performance.now();
  private cpu = process.cpuUsage();

  constructor() {
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    const { user, system } = process.cpuUsage(this.cpu);
    this.longest = Math.max(this.longest, Math.min(performance.now() - this.wall, (user + system) / 1000));
    this.wall = performance.now();
    this.cpu = process.cpuUsage();
    if (this.isOn) setImmediate(this.turn);
  };

  end(): number {
    this.isOn = false;
    return this.longest;
  }
}

async function main(): Promise<void> {
  const input = JSON.parse(process.env.SUNSET_PROCESS!) as ProcessInput;
  const connection = await Connection.connect(temporalOf(input));
  const api = await startApi(
    {
      pool: createPool(input.serviceUrl, { max: 10 }),
      temporal: new Client({ connection, namespace: input.namespace }),
      namespace: input.namespace,
      operatorKey: input.operatorKey,
      sandbox: true,
      timeSkipping: true,
      policies: POLICIES,
      logger: pino({ level: 'silent' }),
      taskQueue: input.taskQueue,
    },
    { host: '127.0.0.1', port: 0 },
  );
  let watch: Watch | undefined;
  createInterface({ input: process.stdin }).on('line', () => {
    const longest = watch?.end();
    watch = watch ? undefined : new Watch();
    say({ longest });
  });
  process.stdin.on('end', () => process.exit(0));
  say({ url: api.url });
}

void main();

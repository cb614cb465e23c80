import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Http } from './http';
import type { ServiceUnderTest } from './service';
import type { ProcessInput } from './service-process';
import { shared } from './shared';

export interface WatchedApi {
  http: Http;
  /** How long `work` has held the event loop of the API at a time, in milliseconds. One at a time. */
  watch<T>(work: () => Promise<T>): Promise<{ result: T; heldMs: number }>;
  stop(): Promise<void>;
}

/**
 * An API in a process of its own, on the database and the task queue of a service under test. `flags`: of
 * Node.js, such as `--cpu-prof`.
 */
export async function startWatched(service: ServiceUnderTest, flags: string[] = []): Promise<WatchedApi> {
  const { clientConfig, namespace, bundlePath } = shared();
  const { serviceUrl, taskQueue, operatorKey } = service;
  const input: ProcessInput = { serviceUrl, clientConfig, namespace, bundlePath, taskQueue, operatorKey };
  const root = join(__dirname, '..', '..');
  const child = spawn(
    process.execPath,
    [...flags, '--require', 'tsx/cjs', join(__dirname, 'api-process.ts')],
    {
      cwd: root,
      env: { ...process.env, SUNSET_PROCESS: JSON.stringify(input) },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const heard = async (): Promise<{ url: string; longest: number }> => {
    const [line] = (await once(lines, 'line')) as [string];
    return JSON.parse(line);
  };
  const tick = async (): Promise<number> => {
    const answer = heard();
    child.stdin.write('\n');
    return (await answer).longest;
  };
  const { url } = await heard();
  return {
    http: new Http(url, operatorKey),
    watch: async (work) => {
      await tick();
      try {
        const result = await work();
        return { result, heldMs: await tick() };
      } catch (error) {
        await tick();
        throw error;
      }
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Http } from './http';
import type { ServiceUnderTest } from './service';
import type { ProcessInput } from './service-process';
import { shared } from './shared';

export interface DoomedService {
  http: Http;
  /** Resolves when the step that was chosen hangs. */
  hangs: Promise<void>;
  /** SIGKILL: nothing is said to anybody. */
  kill(): Promise<void>;
}

/** Starts an API and a worker in a process of their own, beside a service under test without a worker. */
export async function startDoomed(
  service: ServiceUnderTest,
  options: Pick<ProcessInput, 'hangAt' | 'when' | 'policies' | 'plane' | 'worker'>,
): Promise<DoomedService> {
  const { clientConfig, namespace, bundlePath } = shared();
  const { serviceUrl, taskQueue, http } = service;
  const input: ProcessInput = {
    serviceUrl,
    clientConfig,
    namespace,
    bundlePath,
    taskQueue,
    operatorKey: http.operatorKey,
    ...options,
  };
  const root = join(__dirname, '..', '..');
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/tsx/dist/cli.mjs'), join(__dirname, 'service-process.ts')],
    {
      cwd: root,
      env: { ...process.env, SUNSET_PROCESS: JSON.stringify(input) },
      stdio: ['ignore', 'pipe', 'inherit'],
      // tsx runs the program in a child of its own: the whole group is to die.
      detached: true,
    },
  );
  let hung = (): void => {};
  const hangs = new Promise<void>((resolve) => {
    hung = resolve;
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { url?: string; hangs?: string };
      if (said.url) resolve(said.url);
      if (said.hangs) hung();
    });
    child.once('exit', () => reject(new Error('the service process ended before it was up')));
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid!, 'SIGKILL');
    await once(child, 'exit');
  };
  return { http: new Http(url, http.operatorKey), hangs, kill };
}

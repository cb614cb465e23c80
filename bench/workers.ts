/** Sunset's workers, killed and started again as they were. */
import { readFileSync } from 'node:fs';
import { LOOPBACK } from '../embedded/tools';
import type { RunningProcess } from '../tools/cluster/processes';
import type { Place } from './place';

interface Way {
  name: string;
  command: string[];
  env: NodeJS.ProcessEnv;
}

const partsOf = (pid: number, file: string): string[] =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);

/** How a process was started, so that it can be again. */
function wayOf({ name, pid }: RunningProcess): Way {
  const env = partsOf(pid, 'environ').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { name, command: partsOf(pid, 'cmdline'), env: Object.fromEntries(env) };
}

const killed = new WeakMap<Place, Way[]>();

/** SIGKILL to all of them at once. Resolves when they are gone. */
export async function killWorkers(place: Place): Promise<void> {
  const { workers } = place.cluster;
  killed.set(place, workers.map(wayOf));
  for (const { pid } of workers) process.kill(pid, 'SIGKILL');
  while (workers.some(({ ended }) => ended() === undefined))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Resolves when they say that they are healthy. */
export async function startWorkersAgain(place: Place): Promise<void> {
  const { cluster, pids } = place;
  const ways = killed.get(place) ?? [];
  const started = await Promise.all(
    ways.map(({ name, command, env }) =>
      cluster.processes.start(name, command, env, () =>
        fetch(`http://${LOOPBACK}:${env.WORKER_HEALTH_PORT}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    ),
  );
  cluster.workers.splice(0, cluster.workers.length, ...started);
  pids.sunset.splice(
    0,
    pids.sunset.length,
    ...cluster.apis.map((api) => api.process.pid),
    ...started.map(({ pid }) => pid),
  );
}

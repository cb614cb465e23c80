import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { EmbeddedError } from '../errors';
import { until } from './table';

export const LOOPBACK = '127.0.0.1';

// Below the ranges that kernels hand to outgoing connections (Linux from 32768, others from 49152): a
// remembered port must not be lost to one.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** Whether a server could listen on this port of the loopback interface now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections on this port of the loopback interface. */
export function isPortOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: 1000 });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/** A server that was killed just now has its ports for a moment more. */
const STILL_HELD_MS = 1000;

/** A free port for each name: the remembered ones if all of them are free still, else new ones for all. */
export async function choosePorts<Name extends string>(
  names: readonly Name[],
  remembered: Partial<Record<Name, number>> = {},
): Promise<Record<Name, number>> {
  const named = (ports: Iterable<number>) =>
    Object.fromEntries([...ports].map((port, i) => [names[i], port]));
  const known = names.flatMap((name) => remembered[name] ?? []);
  const areFree = async (): Promise<boolean> => (await Promise.all(known.map(isPortFree))).every(Boolean);
  if (known.length === names.length && (await until(areFree, STILL_HELD_MS, 50)))
    return named(known) as Record<Name, number>;
  const chosen = new Set<number>();
  while (chosen.size < names.length) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isPortFree(port)) chosen.add(port);
  }
  return named(chosen) as Record<Name, number>;
}

const FREED_LIMIT_MS = 5000;

/**
 * Resolves when the ports of a server that has just ended are free again.
 * @throws EmbeddedError when another program has taken one
 */
export async function freed(title: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (await until(() => isPortFree(port), FREED_LIMIT_MS, 100)) continue;
    throw new EmbeddedError(
      `port ${port} of ${title} is taken by another program`,
      'stop that program, or start Sunset again: it then takes another port',
    );
  }
}

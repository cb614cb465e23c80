import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openOwner } from '../../store/idempotency';
import { createSignatures } from '../../store/signatures';
import type { ApiDeps } from '../deps';
import { createApi } from './app';
import { serverOf } from './listen';

export interface ApiServer {
  /** `http://127.0.0.1:3000` */
  url: string;
  port: number;
  /** Stops listening, lets running requests finish for up to `graceMs`, then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

const GRACE_MS = 10_000;

/**
 * Starts the API and answers once it listens.
 * @throws the listen error (`EADDRINUSE`, …), and whatever keeps PostgreSQL from giving this process its lock
 */
export async function startApi(
  deps: Omit<ApiDeps, 'owner' | 'signatures'>,
  { host, port }: { host: string; port: number },
): Promise<ApiServer> {
  const owner = await openOwner(deps.pool);
  const server = serverOf(createApi({ ...deps, signatures: createSignatures(deps.operatorKey), owner }));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    await owner.close();
    throw error;
  }
  const bound = (server.address() as AddressInfo).port;
  const close = async (graceMs = GRACE_MS): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
    await owner.close();
  };
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound, close };
}

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { openOwner } from '../../store/idempotency';
import { createSignatures } from '../../store/signatures';
import { ITEMS_AT_ONCE } from '../../temporal/items';
import { Places } from '../../temporal/places';
import type { ApiDeps } from '../deps';
import { EventFeed, type FeedSettings } from '../events/feed';
import { keySecrets } from '../secrets';
import { createApi, createFacades, type Facade } from './app';
import { serverOf } from './listen';
import { createMetrics } from './metrics';

export interface ApiServer {
  /** `http://127.0.0.1:3000` */
  url: string;
  /** Where the façades answer; undefined: there are none. */
  facadeUrl: string | undefined;
  /** Stops listening, lets running requests finish for up to `graceMs`, then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

const GRACE_MS = 10_000;

export interface Listening {
  host: string;
  /** 0: any free one. */
  port: number;
  facades?: readonly Facade[] | undefined;
  /** A port of their own for the façades; undefined: that of the API. */
  facadePort?: number | undefined;
}

/**
 * Starts the API and answers once it listens.
 * @throws the listen error (`EADDRINUSE`, …), and whatever keeps PostgreSQL from giving this process its lock
 */
export async function startApi(
  given: Omit<ApiDeps, 'owner' | 'signatures' | 'secrets' | 'feed' | 'places'> & {
    events?: Partial<FeedSettings>;
  },
  { host, port, facades = [], facadePort }: Listening,
): Promise<ApiServer> {
  const owner = await openOwner(given.pool);
  const { operatorKey } = given;
  const secrets = keySecrets(operatorKey);
  const feed = new EventFeed(given, given.events);
  const signatures = createSignatures(operatorKey);
  const places = new Places(ITEMS_AT_ONCE);
  const deps: ApiDeps = { ...given, secrets, signatures, owner, feed, places };
  const metrics = createMetrics(deps);
  const opened: Server[] = [];
  const open = async (app: Express, at: number): Promise<string> => {
    const server = serverOf(app).listen(at, host);
    await once(server, 'listening');
    opened.push(server);
    const bound = (server.address() as AddressInfo).port;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  };
  const close = async (graceMs = GRACE_MS): Promise<void> => {
    // They would go on for ever.
    feed.close();
    await Promise.all(opened.map((server) => closeServer(server, graceMs)));
    await owner.close();
  };
  try {
    const own = facadePort !== undefined;
    const url = await open(createApi(deps, metrics, own ? [] : facades), port);
    const facadeUrl = own ? await open(createFacades(deps, metrics, facades), facadePort) : url;
    return { url, facadeUrl: facades.length ? facadeUrl : undefined, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

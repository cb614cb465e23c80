/**
 * The real application on a real socket, with a database and a Temporal server that can't be reached: for all
 * that comes before them.
 */
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { ApiDeps } from '../../api/deps';
import { EventFeed } from '../../api/events/feed';
import { createApi } from '../../api/http/app';
import { type Patience, serverOf } from '../../api/http/listen';
import { keySecrets } from '../../api/secrets';
import { POLICIES } from '../../policies';
import { createPool } from '../../store/db';
import { createSignatures } from '../../store/signatures';
import { Places } from '../../temporal/places';

export const KEY = 'operator-key-of-tests';
/** Nothing listens on port 1. */
const NOWHERE = '127.0.0.1:1';

/** Holds no lock: for what comes before the database. */
const NOBODY = { owner: '1', held: async () => {} };

export interface Lonely {
  url: string;
  close(): Promise<void>;
}

export function depsWithoutServers(more: Partial<ApiDeps> = {}): ApiDeps {
  const pool = createPool(`postgres://${NOWHERE}/nothing`);
  const logger = pino({ level: 'silent' });
  return {
    pool,
    feed: new EventFeed({ pool, logger }),
    places: new Places(8),
    temporal: new Client({ connection: Connection.lazy({ address: NOWHERE }) }),
    namespace: 'default',
    operatorKey: KEY,
    secrets: keySecrets(KEY),
    signatures: createSignatures(KEY),
    owner: NOBODY,
    sandbox: false,
    timeSkipping: false,
    policies: POLICIES,
    logger,
    ...more,
  };
}

export async function startLonely(more: Partial<ApiDeps> = {}, patience?: Patience): Promise<Lonely> {
  const deps = depsWithoutServers(more);
  const server = serverOf(createApi(deps), patience).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await deps.pool.end();
      await deps.temporal.connection.close();
    },
  };
}

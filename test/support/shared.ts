import { loadClientConnectConfig } from '@temporalio/envconfig';
import pg from 'pg';
import type { Connecting } from '../../embedded';

/** What the global setup hands to every test file. */
export interface Shared {
  adminUrl: string;
  serviceUrl: string;
  address: string;
  /** A file by which Temporal's clients connect: the embedded server wants their certificate. */
  clientConfig: string;
  namespace: string;
  bundlePath: string;
  /** Null when it could not be had. */
  webUiUrl: string | null;
}

export const TEMPLATE = 'sunset_template';

export function shared(): Shared {
  const text = process.env.SUNSET_TEST;
  if (!text) throw new Error('the global setup has not run: start tests with jest');
  return JSON.parse(text) as Shared;
}

/** How to connect to the run's Temporal, as both kinds of the SDK's connections take it. */
export function temporalOf({ clientConfig }: Pick<Shared, 'clientConfig'>): Connecting {
  return loadClientConnectConfig({ configSource: { path: clientConfig }, disableEnv: true })
    .connectionOptions as Connecting;
}

export async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

import pg from 'pg';

/** What the global setup hands to every test file. */
export interface Shared {
  adminUrl: string;
  serviceUrl: string;
  address: string;
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

export async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

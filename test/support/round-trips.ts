/** Counts what goes over the connections of a pool: statements, and how often somebody waits for an answer. */
import type { PoolClient } from 'pg';
import type { Pool } from '../../store/db';

export interface Trips {
  /** BEGIN and COMMIT apart. */
  statements: number;
  /** Statements that were sent while others of their connection were on the way are one round trip with those. */
  roundTrips: number;
  commits: number;
}

export interface TripCounter {
  /** What one piece of work sends. Nothing else may use the pool meanwhile. */
  during(work: () => Promise<unknown>): Promise<Trips>;
}

export function countTrips(pool: Pool): TripCounter {
  const trips: Trips = { statements: 0, roundTrips: 0, commits: 0 };
  const watched = new WeakSet<PoolClient>();
  const watch = (client: PoolClient): void => {
    if (watched.has(client)) return;
    watched.add(client);
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown> | undefined;
    let under = 0;
    const arrived = (): void => {
      under -= 1;
    };
    client.query = ((...args: unknown[]) => {
      const isCommit = args[0] === 'COMMIT';
      if (isCommit) trips.commits += 1;
      else if (args[0] !== 'BEGIN') trips.statements += 1;
      if (under === 0 && !isCommit) trips.roundTrips += 1;
      under += 1;
      const last = args.at(-1);
      // The pool's own queries are answered by a callback.
      if (typeof last !== 'function') return query(...args)!.finally(arrived);
      return query(...args.slice(0, -1), (...answer: unknown[]) => {
        arrived();
        last(...answer);
      });
    }) as typeof client.query;
  };
  pool.on('acquire', watch);
  return {
    during: async (work) => {
      Object.assign(trips, { statements: 0, roundTrips: 0, commits: 0 });
      await work();
      return { ...trips };
    },
  };
}

/** Books only: there is no machine behind an instance, or somebody else looks after it. */
import { type Driver, GOALS, type Observation, type Observed, type Ref } from './port';

/** How the books have a machine. */
export type Books = (ref: Ref) => Promise<Observed>;

/**
 * Every step is done when it is booked.
 * @param books missing: there is nothing to look at, which `observe` says
 */
export const inventoryDriver = (books?: Books): Driver => ({
  name: 'inventory',
  capabilities: { goals: GOALS, acts: false },
  observe: async (ref): Promise<Observation> => {
    if (!books) return { unknown: 'inventory has no machines to look at' };
    return await books(ref).catch(() => ({ unknown: 'the books could not be read' }));
  },
  apply: async () => ({ state: 'done' }),
});

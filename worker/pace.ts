import type { Activities } from '../activities';

const LATELY_MS = 1000;

/** Whether a worker has recorded lately what somebody waits for: any step but an agreement's item. The sweep makes room for those. */
export class Pace {
  private last = Number.NEGATIVE_INFINITY;

  get isShared(): boolean {
    return performance.now() - this.last < LATELY_MS;
  }

  /** The same activities, seen by this pace. */
  watching(activities: Activities): Activities {
    return {
      ...activities,
      record: (input) => {
        if (!input.effects.some((effect) => 'terminationId' in effect)) this.last = performance.now();
        return activities.record(input);
      },
    };
  }
}

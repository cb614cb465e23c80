/** The look at every machine that a schedule starts every night: one activity, which says how far it is. */
import { proxyActivities } from '@temporalio/workflow';
import type { DriftActivities, DriftResult } from '../activities/drift';

const activities = proxyActivities<DriftActivities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '10 minutes',
  retry: { initialInterval: '5 seconds', maximumAttempts: 10 },
});

export async function drift(): Promise<DriftResult> {
  return await activities.lookForDrift();
}

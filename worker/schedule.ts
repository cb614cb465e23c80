import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** What is done every night, at an hour UTC when little else begins. */
const NIGHTLY = { drift: { hour: 2, minute: 17 }, audit: { hour: 3, minute: 17 } } as const;
type Nightly = keyof typeof NIGHTLY;

/** One for each task queue: `sunset-audit`, `sunset-drift`. */
export const scheduleId = (taskQueue: string, what: Nightly): string => `${taskQueue}-${what}`;

/**
 * Makes the schedules of what is done every night where there are none. Any number of workers may try. One that exists stays
 * as it is, so that an operator can move or pause it.
 */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  for (const what of Object.keys(NIGHTLY) as Nightly[]) await ensure(client, taskQueue, what);
}

async function ensure(client: Client, taskQueue: string, what: Nightly): Promise<void> {
  const id = scheduleId(taskQueue, what);
  try {
    await client.schedule.create({
      scheduleId: id,
      spec: { calendars: [{ comment: 'every night', ...NIGHTLY[what] }] },
      action: { type: 'startWorkflow', workflowType: what, workflowId: id, taskQueue },
      // A night that was missed is made up for within the day; two at once would say the same.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '12 hours' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** One for each task queue: `sunset-audit`. */
export const auditScheduleId = (taskQueue: string): string => `${taskQueue}-audit`;

/**
 * Makes the schedule of the nightly audit where there is none: at 03:17 UTC, when little else begins. Any
 * number of workers may try. One that exists stays as it is, so that an operator can move or pause it.
 */
export async function ensureAuditSchedule(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = auditScheduleId(taskQueue);
  try {
    await client.schedule.create({
      scheduleId,
      spec: { calendars: [{ comment: 'every night', hour: 3, minute: 17 }] },
      action: { type: 'startWorkflow', workflowType: 'audit', workflowId: scheduleId, taskQueue },
      // A night that was missed is made up for within the day; two audits at once would say the same.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '12 hours' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

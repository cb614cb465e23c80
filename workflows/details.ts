import { type Deadline, type Life, nextDeadline } from '../domain/lifecycle';

const WAITS_FOR: Record<Deadline['kind'], string> = {
  fire: 'timed termination',
  release: 'release from the recycle bin',
  expire: 'expiry of the paid time',
  'end-orders': 'end of an order',
};

/** What a timer's line in the Web UI says. */
export const timerSummary = (deadline: Deadline): string => `${WAITS_FOR[deadline.kind]} at ${deadline.at}`;

/** What a step's line in the Web UI says. */
export const stepSummary = ({ step, command, next }: { step: number; command: string; next: Life }, before?: Life): string =>
  `step ${step}: ${command}, ${before ? `${before.state} → ` : ''}${next.state}`;

/** The workflow's current details in Markdown: what it is, what it waits for, and until when. No amounts, no names (decision 8). */
export function currentDetails(life: Life): string {
  const deadline = nextDeadline(life);
  const waits = deadline
    ? `${WAITS_FOR[deadline.kind]} at **${deadline.at}**`
    : life.state === 'terminated'
      ? 'nothing: it is gone'
      : 'a command';
  const lines = [
    `**${life.id}** is **${life.state}** (${life.product}, ${life.billing})`,
    '',
    `- waits for: ${waits}`,
    `- step: ${life.step}`,
    ...(life.cause ? [`- in the bin by: ${life.cause}`] : []),
    ...(life.protection ? [`- protected by ${life.protection.by} since ${life.protection.at}`] : []),
    ...(life.billingStoppedAt ? [`- billing stopped at ${life.billingStoppedAt}`] : []),
  ];
  return lines.join('\n');
}

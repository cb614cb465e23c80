import { type Deadline, isHeld, type Life, nextDeadline } from '../domain/lifecycle';

const WAITS_FOR: Record<Deadline['kind'], string> = {
  fire: 'timed termination',
  release: 'release from the recycle bin',
  expire: 'expiry of the paid time',
  'end-orders': 'end of an order',
};

/** What a timer's line in the Web UI says. */
export const timerSummary = (deadline: Deadline): string => `${WAITS_FOR[deadline.kind]} at ${deadline.at}`;

/** What a step's line in the Web UI says. */
export const stepSummary = (
  { step, command, next }: { step: number; command: string; next: Life },
  before?: Life,
): string => `step ${step}: ${command}, ${before ? `${before.state} → ` : ''}${next.state}`;

function waitsFor(life: Life): string {
  if (life.crossing) return `its machine to be **${life.crossing.goal}**, since ${life.crossing.since}`;
  const deadline = nextDeadline(life);
  if (deadline) return `${WAITS_FOR[deadline.kind]} at **${deadline.at}**`;
  if (isHeld(life)) return `the legal hold to be lifted; its time in the bin ends at ${life.purgeTime}`;
  return life.state === 'terminated' ? 'nothing: it is gone' : 'a command';
}

/**
 * The workflow's current details in Markdown: what it is, what it waits for, and until when. No amounts, no
 * names: Temporal does not encrypt them.
 */
export function currentDetails(life: Life): string {
  const attention = life.crossing?.attention;
  const lines = [
    `**${life.id}** is **${life.state}** (${life.product}, ${life.billing})`,
    '',
    `- waits for: ${waitsFor(life)}`,
    `- step: ${life.step}`,
    ...(attention ? [`- **needs attention** since ${attention.since}: ${attention.code}`] : []),
    ...(life.cause ? [`- in the bin by: ${life.cause}`] : []),
    ...(life.operation ? [`- in operation: ${life.operation.kind}, since ${life.operation.at}`] : []),
    ...(life.protection ? [`- protected by ${life.protection.by} since ${life.protection.at}`] : []),
    ...(life.billingStoppedAt ? [`- billing stopped at ${life.billingStoppedAt}`] : []),
  ];
  return lines.join('\n');
}

/** What others are told, by name. */
export const EVENT_TYPES = [
  'instance.changed',
  'instance.refused',
  'termination.changed',
  'refund-request.changed',
  'account.changed',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

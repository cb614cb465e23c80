/** The contract's own registration, for tests to spoil. */
import { END, FACTS, PARTS, PURCHASE } from '../fixtures/background';

const facts = { ...FACTS, ...PARTS, name: 'web-1', state: 'running', startedAt: PURCHASE.startsAt };

export const prepaid = { ...facts, billing: 'prepaid', orders: [PURCHASE] };
export const purchase = PURCHASE;
export const postpaid = { ...facts, billing: 'postpaid' };

export const order = (fields: Record<string, unknown>) => ({ ...PURCHASE, ...fields });
export const renewal = (fields: Record<string, unknown> = {}) =>
  order({
    id: 'o2',
    kind: 'renewal',
    startsAt: END,
    endsAt: '2028-11-01T00:00:00+08:00',
    ...fields,
  });
export const upgrade = (fields: Record<string, unknown> = {}) =>
  order({ id: 'u1', kind: 'upgrade', startsAt: '2026-11-01T12:00:00+08:00', ...fields });

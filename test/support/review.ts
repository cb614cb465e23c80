/** Decisions on refund requests, as somebody makes them who has looked first. */
import type { Http } from './http';
import { expectStatus } from './lives';

/**
 * The body of an approval of what it would pay now (M24); of one that is blocked or decided, of what it would
 * have paid.
 */
export async function approvalOf(http: Http, requestId: string, reason = 'checked') {
  const { now, preview } = expectStatus(await http.get(`/v1/refund-requests/${requestId}`), 200).body;
  return { reason, amount: now?.refund.amount ?? preview.refund.amount, ...(now ? { asOf: now.asOf } : {}) };
}

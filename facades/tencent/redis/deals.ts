/**
 * Deals: orders that were paid, and returns that were agreed to. A deal has one id, which is its name too: of a
 * return the refund's, of an order `<instance>/<order>`.
 */
import type { ApiDeps } from '../../../api/deps';
import type { StoredOrder } from '../../../domain/instance';
import { exact, SOURCES, sum, toMinorUnits } from '../../../domain/money';
import type { RefundStatus } from '../../../domain/statuses';
import { findRefund, type RefundRow } from '../../../store/books/refunds';
import type { InstanceRow } from '../../../store/lives/instances';
import type { VendorCall } from '../action';
import { lookUp } from '../instances';
import { inBeijing } from './instance-set';

export interface Deal {
  DealId: string;
  DealName: string;
}

export const dealOf = (id: string): Deal => ({ DealId: id, DealName: id });

export const orderDeal = (instanceId: string, orderId: string): Deal => dealOf(`${instanceId}/${orderId}`);

const DELIVERED = 4;
const REFUNDED = 6;

/** null: nothing was agreed to, so that it is no deal. */
const STATUS: Record<RefundStatus, number | null> = {
  requested: 3,
  isolating: 3,
  booked: 3,
  done: REFUNDED,
  failed: 5,
  reversed: 7,
  in_review: null,
  denied: null,
};

/** As the vendor shows a deal; undefined: there is none of this id for the call. */
export async function findDeal(
  deps: ApiDeps,
  call: VendorCall,
  id: string,
): Promise<Record<string, unknown> | undefined> {
  const [instanceId, orderId] = id.split('/');
  return orderId === undefined
    ? await returnDeal(deps, call, id)
    : await purchaseDeal(deps, call, instanceId!, orderId);
}

async function returnDeal(
  deps: ApiDeps,
  call: VendorCall,
  id: string,
): Promise<Record<string, unknown> | undefined> {
  const refund = await findRefund(deps.pool, id, call.caller.account);
  if (!refund || STATUS[refund.status] === null) return undefined;
  const { found } = await lookUp(deps, call, [refund.instanceId]);
  return found[0] && toReturn(refund, found[0]);
}

function toReturn(refund: RefundRow, row: InstanceRow): Record<string, unknown> {
  const { progress, status, amount, currency, id } = refund;
  const end = progress.find((one) => one.status === 'done' || one.status === 'failed');
  return {
    ...dealOf(id),
    ...common(row),
    CreatTime: inBeijing(progress[0]!.at),
    EndTime: end ? inBeijing(end.at) : null,
    Status: STATUS[status],
    Description: 'return',
    Price: Number(toMinorUnits(exact(amount), currency)),
  };
}

async function purchaseDeal(
  deps: ApiDeps,
  call: VendorCall,
  instanceId: string,
  orderId: string,
): Promise<Record<string, unknown> | undefined> {
  const { found } = await lookUp(deps, call, [instanceId]);
  const order = found[0]?.orders.find((one) => one.id === orderId);
  return order && toPurchase(order, found[0]!);
}

/** A voucher is no part of the price. `CreatTime`: known of what was bought by way of Sunset. */
function toPurchase(order: StoredOrder, row: InstanceRow): Record<string, unknown> {
  const bought = order.boughtAt === undefined ? null : inBeijing(order.boughtAt);
  const price = sum(SOURCES.map((source) => exact(order.paid[source])));
  return {
    ...orderDeal(row.id, order.id),
    ...common(row),
    CreatTime: bought,
    EndTime: bought,
    Status: order.closedAt === null ? DELIVERED : REFUNDED,
    Description: order.kind,
    Price: Number(toMinorUnits(price, row.facts.prices?.currency ?? 'CNY')),
  };
}

const common = ({ id, facts }: InstanceRow) => ({
  GoodsNum: 1,
  Creater: facts.account,
  OverdueTime: null,
  InstanceIds: [id],
});

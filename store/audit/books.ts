/** What must be true of the ledger: by itself, and held against orders, refunds and balances (J1–J3). */
import { SOURCES } from '../../domain/money';
import { type Check, sqlCheck } from './check';

const sumsToZero = sqlCheck(
  'sums',
  'every transaction sums to 0 per currency',
  `SELECT transaction_id AS id, currency || ' sums to ' || sum(amount) AS detail
   FROM entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0`,
);

/** Sums alone would not see two lines that are wrong in opposite ways. */
const bothLegs = sqlCheck(
  'legs',
  'every line has both legs, of one currency and one amount',
  `SELECT transaction_id AS id, 'line ' || line || ': ' || string_agg(ledger_account || ' ' || amount || ' ' || currency, ', ' ORDER BY leg) AS detail
   FROM entries GROUP BY transaction_id, line
   HAVING count(*) <> 2 OR count(DISTINCT leg) <> 2 OR sum(amount) <> 0 OR count(DISTINCT currency) <> 1
   UNION ALL
   SELECT id, 'has no entries' FROM transactions t WHERE NOT EXISTS (SELECT FROM entries e WHERE e.transaction_id = t.id)`,
);

const knownAccounts = sqlCheck(
  'ledger-accounts',
  'money is booked on accounts that exist',
  `SELECT t.id, 'line ' || e.line || ': ' || e.ledger_account AS detail
   FROM entries e JOIN transactions t ON t.id = e.transaction_id
   WHERE e.ledger_account NOT IN ('revenue', 'refunds', 'fees', 'credits')
     AND NOT (split_part(e.ledger_account, ':', 1) IN ('world', 'customer') AND split_part(e.ledger_account, ':', 2) = ANY ($1))
     AND NOT EXISTS (SELECT FROM orders o WHERE o.instance_id = t.instance_id AND e.ledger_account = 'deferred:' || o.id)`,
  [[...SOURCES]],
);

/**
 * Ids, accounts and instants are stated twice so that a transaction can't be moved to another event unseen.
 */
const ownStep = sqlCheck(
  'transactions',
  'a transaction is its step’s: id, account, event, refund and instant',
  `SELECT t.id, concat_ws('; ',
     CASE WHEN t.id <> format('tx_%s_%s', t.instance_id, t.step) THEN format('is of step %s/%s', t.instance_id, t.step) END,
     CASE WHEN s.step IS NULL THEN 'its step is missing' END,
     CASE WHEN s.outcome = 'refused' THEN 'its step was refused' END,
     CASE WHEN t.account <> i.account THEN format('account %s, the instance’s is %s', t.account, i.account) END,
     CASE WHEN t.refund_id IS DISTINCT FROM s.refund_id THEN format('refund %s, the step’s is %s', coalesce(t.refund_id, 'none'), coalesce(s.refund_id, 'none')) END,
     CASE WHEN t.effective_at <> s.effective_at THEN 'another instant than its step' END,
     CASE WHEN t.event <> e.event THEN format('event %s of a step %s', t.event, s.command) END) AS detail
   FROM transactions t
   LEFT JOIN steps s ON s.instance_id = t.instance_id AND s.step = t.step
   LEFT JOIN instances i ON i.id = t.instance_id
   CROSS JOIN LATERAL (SELECT CASE WHEN s.command = 'register' THEN 'registration' WHEN s.command IN ('return', 'return-renewals') THEN 'refund'
     WHEN s.command = 'undo' THEN 'reversal' WHEN s.command IN ('amend', 'restore') THEN 'renewal' ELSE 'end-orders' END AS event) e
   WHERE t.adjustment_id IS NULL AND (t.id <> format('tx_%s_%s', t.instance_id, t.step) OR s.step IS NULL OR s.outcome = 'refused' OR t.account IS DISTINCT FROM i.account
     OR t.refund_id IS DISTINCT FROM s.refund_id OR t.effective_at <> s.effective_at OR t.event <> e.event)`,
);

/** Of steps `s`: where a control plane has it in hand. What books a refund comes after it. */
const IS_IN_HAND = "(s.life ? 'crossing' OR s.command = 'turned-back')";

/** Of refunds `r`: those that have been booked; others are asked for, in review, denied or failed. */
const IS_BOOKED = "r.status IN ('done', 'reversed')";

/** A return that pays nothing and releases nothing (all vouchers) has no transaction, and needs none. */
const refundsOnce = sqlCheck(
  'refunds-once',
  'a booked refund is one step and one transaction, undone by at most one step; any other has none',
  `SELECT r.id, format('is %s, has %s transactions', r.status, count(t.id)) || coalesce(': ' || string_agg(t.id, ', ' ORDER BY t.id), '') AS detail
   FROM refunds r LEFT JOIN transactions t ON t.refund_id = r.id AND t.event <> 'reversal'
   GROUP BY r.id HAVING count(t.id) > 1 OR (${IS_BOOKED} AND count(t.id) = 0 AND r.amount + r.fee > 0) OR (NOT ${IS_BOOKED} AND count(t.id) > 0)
   UNION ALL
   SELECT r.id, format('is %s, has the steps %s of %s', r.status, coalesce(string_agg(s.command, ', ' ORDER BY s.step), 'none'), r.instance_id)
   FROM refunds r LEFT JOIN steps s ON s.refund_id = r.id AND s.instance_id = r.instance_id AND s.outcome = 'done' AND NOT ${IS_IN_HAND}
   GROUP BY r.id HAVING count(*) FILTER (WHERE s.command IN ('return', 'return-renewals')) <> CASE WHEN ${IS_BOOKED} THEN 1 ELSE 0 END
     OR count(*) FILTER (WHERE s.command = 'undo') <> CASE r.status WHEN 'reversed' THEN 1 ELSE 0 END
     OR count(*) FILTER (WHERE s.command NOT IN ('return', 'return-renewals', 'undo')) > 0
   UNION ALL
   SELECT s.instance_id || '/' || s.step, 'names the refund ' || s.refund_id || ', which is missing'
   FROM steps s WHERE s.refund_id IS NOT NULL AND NOT EXISTS (SELECT FROM refunds r WHERE r.id = s.refund_id)`,
);

/**
 * What went from one book to another goes back, line by line: anything else is no correction but a booking of
 * its own.
 */
const reversals = sqlCheck(
  'reversals',
  'a reversal mirrors one refund’s transaction, once and with a reason, and that refund is reversed',
  `SELECT t.id, concat_ws('; ',
     CASE WHEN t.event <> 'reversal' THEN format('event %s reverses %s', t.event, t.reverses) END,
     CASE WHEN o.id IS NULL THEN 'what it reverses is missing' WHEN o.event <> 'refund' THEN format('reverses %s, a %s', o.id, o.event) END,
     CASE WHEN o.id IS NOT NULL AND (t.account, t.instance_id, t.refund_id) IS DISTINCT FROM (o.account, o.instance_id, o.refund_id)
       THEN format('account, instance or refund is not that of %s', o.id) END,
     CASE WHEN coalesce(t.reason, '') = '' THEN 'gives no reason' END,
     CASE WHEN times > 1 THEN format('%s is reversed %s times', o.id, times) END,
     CASE WHEN o.id IS NOT NULL AND differing IS NOT NULL THEN format('is not the mirror image of %s: %s', o.id, differing) END) AS detail
   FROM transactions t LEFT JOIN transactions o ON o.id = t.reverses
   CROSS JOIN LATERAL (SELECT count(*) AS times FROM transactions again WHERE again.reverses = t.reverses) n
   CROSS JOIN LATERAL (
     SELECT string_agg(format('line %s %s %s %s', line, ledger_account, amount, currency), ', ' ORDER BY line, leg) AS differing
     FROM (SELECT line, 1 - leg AS leg, ledger_account, currency, -amount AS amount, true AS due FROM entries WHERE transaction_id = o.id) due
     FULL JOIN (SELECT line, leg::int, ledger_account, currency, amount, true AS booked FROM entries WHERE transaction_id = t.id) booked
       USING (line, leg, ledger_account, currency, amount)
     WHERE due IS NULL OR booked IS NULL) m
   WHERE (t.event = 'reversal' OR t.reverses IS NOT NULL) AND (t.event <> 'reversal' OR o.event IS DISTINCT FROM 'refund'
     OR (t.account, t.instance_id, t.refund_id) IS DISTINCT FROM (o.account, o.instance_id, o.refund_id)
     OR coalesce(t.reason, '') = '' OR times > 1 OR differing IS NOT NULL)
   UNION ALL
   SELECT r.id, format('is %s and says it was undone by %s; its transaction %s is reversed by %s', r.status,
     coalesce(r.reversal->>'transactionId', 'none'), coalesce(o.id, 'none'), coalesce(t.id, 'none'))
   FROM refunds r LEFT JOIN transactions o ON o.refund_id = r.id AND o.event = 'refund' LEFT JOIN transactions t ON t.reverses = o.id
   WHERE (o.id IS NOT NULL AND (r.status = 'reversed') <> (t.id IS NOT NULL))
     OR (r.status = 'reversed') <> (r.reversal IS NOT NULL) OR r.reversal->>'transactionId' IS DISTINCT FROM t.id`,
);

const paidOnce = sqlCheck(
  'orders-once',
  'what was paid for an order was booked once, source by source (J1)',
  `WITH booked AS (
     SELECT t.instance_id, d.ledger_account, split_part(s.ledger_account, ':', 2) AS source, sum(d.amount) AS amount, string_agg(t.id, ', ') AS ids
     FROM entries d JOIN entries s ON s.transaction_id = d.transaction_id AND s.line = d.line AND s.leg = 0
     JOIN transactions t ON t.id = d.transaction_id
     WHERE d.leg = 1 AND d.ledger_account LIKE 'deferred:%' GROUP BY 1, 2, 3)
   SELECT o.instance_id || '/' || o.id AS id,
     format('%s: paid %s, booked %s%s', one.source, o.document->'paid'->>one.source, coalesce(b.amount, 0), ' by ' || b.ids) AS detail
   FROM orders o CROSS JOIN unnest($1::text[]) AS one(source)
   LEFT JOIN booked b ON b.instance_id = o.instance_id AND b.ledger_account = 'deferred:' || o.id AND b.source = one.source
   WHERE coalesce(b.amount, 0) IS DISTINCT FROM (o.document->'paid'->>one.source)::numeric`,
  [[...SOURCES]],
);

const refundsBooked = sqlCheck(
  'refund-amounts',
  'a refund’s amount is what the customer was credited, and its fee what went to fees (J2)',
  `WITH booked AS (
     SELECT t.refund_id, e.ledger_account, e.currency, sum(e.amount) AS amount
     FROM entries e JOIN transactions t ON t.id = e.transaction_id
     WHERE t.refund_id IS NOT NULL AND t.event <> 'reversal' GROUP BY 1, 2, 3)
   SELECT r.id, format('%s: stated %s, booked %s', parts.ledger_account, stated, coalesce(b.amount, 0)) AS detail
   FROM refunds r CROSS JOIN LATERAL (
     SELECT 'customer:' || source AS ledger_account, (r.calculation->'refund'->'parts'->>source)::numeric AS stated FROM unnest($1::text[]) AS source
     UNION ALL SELECT 'fees', r.fee) parts
   LEFT JOIN booked b ON b.refund_id = r.id AND b.ledger_account = parts.ledger_account AND b.currency = r.currency
   WHERE ${IS_BOOKED} AND stated IS DISTINCT FROM coalesce(b.amount, 0)
   UNION ALL
   SELECT r.id, format('amount %s, credited %s', r.amount, coalesce(sum(b.amount), 0))
   FROM refunds r LEFT JOIN booked b ON b.refund_id = r.id AND b.ledger_account LIKE 'customer:%'
   WHERE ${IS_BOOKED} GROUP BY r.id HAVING r.amount <> coalesce(sum(b.amount), 0)`,
  [[...SOURCES]],
);

/**
 * By the calculation per order and source; by the ledger per source, whatever the calculation says. What was
 * undone doesn't count.
 */
const refundLimit = sqlCheck(
  'refund-limit',
  'no more comes back than was paid without vouchers, per order and source',
  `WITH paid AS (
     SELECT o.instance_id, o.id AS order_id, source, (o.document->'paid'->>source)::numeric AS amount
     FROM orders o CROSS JOIN unnest($1::text[]) AS source),
   cells AS (
     SELECT r.instance_id, cell->>'orderId' AS order_id, cell->>'source' AS source, sum((cell->>'amount')::numeric) AS amount,
       string_agg(DISTINCT r.id, ', ') AS refunds
     FROM refunds r CROSS JOIN jsonb_array_elements(r.calculation->'refund'->'cells') AS cell WHERE r.status = 'done' GROUP BY 1, 2, 3),
   credits AS (
     SELECT t.instance_id, split_part(e.ledger_account, ':', 2) AS source, sum(e.amount) AS amount, string_agg(DISTINCT t.refund_id, ', ') AS refunds
     FROM entries e JOIN transactions t ON t.id = e.transaction_id
     WHERE e.ledger_account LIKE 'customer:%' AND t.event IN ('refund', 'reversal') AND (e.leg = 1 OR t.event = 'reversal') GROUP BY 1, 2)
   SELECT instance_id || '/' || order_id AS id, format('%s: paid %s, back %s by %s', source, coalesce(p.amount, 0), c.amount, c.refunds) AS detail
   FROM cells c LEFT JOIN paid p USING (instance_id, order_id, source) WHERE c.amount > coalesce(p.amount, 0)
   UNION ALL
   SELECT c.instance_id, format('%s: paid %s in all, credited %s by %s', c.source, coalesce(sum(p.amount), 0), c.amount, c.refunds)
   FROM credits c LEFT JOIN paid p USING (instance_id, source)
   GROUP BY c.instance_id, c.source, c.amount, c.refunds HAVING c.amount > coalesce(sum(p.amount), 0)`,
  [[...SOURCES]],
);

/** Also what no order can tell: a fee is not paid back, but it has come out of what was paid. */
const lifeLimit = sqlCheck(
  'life-limit',
  'all refunds of an instance together, with their fees, are no more than what was paid for it without vouchers (M18)',
  `WITH paid AS (
     SELECT instance_id, sum((document->'paid'->>source)::numeric) AS amount FROM orders CROSS JOIN unnest($1::text[]) AS source GROUP BY 1),
   back AS (SELECT instance_id, sum(amount + fee) AS amount, string_agg(id, ', ' ORDER BY id) AS refunds FROM refunds WHERE status = 'done' GROUP BY 1)
   SELECT instance_id AS id, format('paid %s, back %s by %s', coalesce(p.amount, 0), b.amount, b.refunds) AS detail
   FROM back b LEFT JOIN paid p USING (instance_id) WHERE b.amount > coalesce(p.amount, 0)`,
  [[...SOURCES]],
);

/** Whatever else is booked in their name, or not at all, is no deposit, no withdrawal and no credit. */
const adjustments = sqlCheck(
  'adjustments',
  'a deposit, a withdrawal or a credit is one transaction with the two legs that its kind says, and no other transaction is one',
  `SELECT a.id, format('%s of %s %s %s: %s', a.kind, a.amount, a.currency, a.source,
     CASE WHEN t.id IS NULL THEN 'not booked' ELSE format('booked as %s %s for %s: %s', t.event, t.id, t.account, coalesce(legs, 'nothing')) END) AS detail
   FROM adjustments a LEFT JOIN transactions t ON t.adjustment_id = a.id
   CROSS JOIN LATERAL (SELECT string_agg(concat_ws(' ', ledger_account, trim_scale(amount), currency), ', ' ORDER BY line, leg) AS legs
     FROM entries WHERE transaction_id = t.id) booked
   CROSS JOIN LATERAL (SELECT CASE a.kind WHEN 'withdrawal' THEN 'customer:' || a.source WHEN 'deposit' THEN 'world:' || a.source ELSE 'credits' END
       AS giver, CASE a.kind WHEN 'withdrawal' THEN 'world:' ELSE 'customer:' END || a.source AS receiver) way
   WHERE (t.id, t.account, t.event) IS DISTINCT FROM ('tx_' || a.id, a.account, a.kind) OR t.refund_id IS NOT NULL
     OR legs IS DISTINCT FROM concat_ws(' ', giver, trim_scale(-a.amount), a.currency) || ', ' || concat_ws(' ', receiver, trim_scale(a.amount), a.currency)
   UNION ALL
   SELECT t.id, format('is a %s, and its adjustment %s is missing', t.event, coalesce(t.adjustment_id, 'none'))
   FROM transactions t WHERE (t.event IN ('deposit', 'withdrawal', 'credit') OR t.adjustment_id IS NOT NULL)
     AND NOT EXISTS (SELECT FROM adjustments a WHERE a.id = t.adjustment_id)`,
);

/**
 * An order's money is deferred whole until its end, and then not at all: anything in between is a mistake.
 */
const deferred = sqlCheck(
  'deferred',
  'all that was paid for an open order is deferred, and nothing of an order that is over (J2, J3)',
  `WITH held AS (
     SELECT t.instance_id, substr(e.ledger_account, 10) AS order_id, sum(e.amount) AS amount
     FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE e.ledger_account LIKE 'deferred:%' GROUP BY 1, 2)
   SELECT o.instance_id || '/' || o.id AS id,
     format('%s deferred, expected %s: it is %s', coalesce(h.amount, 0), expected,
       CASE WHEN o.closed_at IS NOT NULL THEN 'closed' WHEN o.ended_at IS NOT NULL THEN 'ended' ELSE 'open' END) AS detail
   FROM orders o LEFT JOIN held h ON h.instance_id = o.instance_id AND h.order_id = o.id
   CROSS JOIN LATERAL (SELECT CASE WHEN o.closed_at IS NULL AND o.ended_at IS NULL
     THEN (SELECT sum((o.document->'paid'->>source)::numeric) FROM unnest($1::text[]) AS source) ELSE 0 END AS expected) e
   WHERE coalesce(h.amount, 0) <> expected
   UNION ALL
   SELECT instance_id || '/' || order_id, amount || ' deferred' FROM held WHERE amount < 0`,
  [[...SOURCES]],
);

const clearing = sqlCheck(
  'clearing',
  'nothing stays on the way: what a transaction takes to refunds it takes on from there',
  `SELECT transaction_id AS id, currency || ' ' || sum(amount) || ' left on refunds' AS detail
   FROM entries WHERE ledger_account = 'refunds' GROUP BY transaction_id, currency HAVING sum(amount) <> 0`,
);

const balances = sqlCheck(
  'balances',
  'a balance is the sum of the account’s entries',
  `WITH booked AS (
     SELECT t.account, e.currency, split_part(e.ledger_account, ':', 2) AS source, sum(e.amount) AS amount
     FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE e.ledger_account LIKE 'customer:%' GROUP BY 1, 2, 3)
   SELECT concat_ws('/', account, currency, source) AS id, format('balance %s, booked %s', coalesce(b.amount, 0), coalesce(booked.amount, 0)) AS detail
   FROM booked FULL JOIN balances b USING (account, currency, source) WHERE coalesce(booked.amount, 0) <> coalesce(b.amount, 0)`,
);

export const BOOKS: Check[] = [
  sumsToZero,
  bothLegs,
  knownAccounts,
  ownStep,
  paidOnce,
  refundsOnce,
  reversals,
  refundsBooked,
  refundLimit,
  lifeLimit,
  adjustments,
  deferred,
  clearing,
  balances,
];

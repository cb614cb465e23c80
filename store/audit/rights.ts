/** What must be true of agreements and rights (E2): every item that was carried out has its step, and no right is used but by an item. */
import { type Check, sqlCheck } from './check';

/** What the quote promised for an item; an item without `cells` has no refund, and takes no right. */
const QUOTED = `
  SELECT t.id AS termination_id, quoted->>'instanceId' AS instance_id, quoted->'basis'->>'policyId' AS policy_id,
    CASE WHEN quoted->'refund' ? 'cells' THEN quoted->'refund'->>'kind' END AS kind
  FROM terminations t JOIN quotes q ON q.id = t.quote_id CROSS JOIN jsonb_array_elements(q.items) AS quoted`;

const rights = sqlCheck(
  'rights',
  'a right is reserved by an accepted item, used by a done one with its refund, returned by a failed one',
  `WITH quoted AS (${QUOTED})
   SELECT item.termination_id || '/' || item.instance_id AS id,
     format('item %s with %s, right %s; refund %s', item.status, coalesce('a quoted ' || quoted.kind || ' return', 'no refund'),
       coalesce(r.kind || ' ' || r.status, 'none'), coalesce(f.id, 'none')) AS detail
   FROM termination_items item
   LEFT JOIN quoted USING (termination_id, instance_id)
   LEFT JOIN rights r USING (termination_id, instance_id)
   LEFT JOIN refunds f USING (termination_id, instance_id)
   LEFT JOIN instances i ON i.id = item.instance_id
   CROSS JOIN LATERAL (SELECT CASE WHEN quoted.kind IS NOT NULL THEN
     CASE item.status WHEN 'accepted' THEN 'reserved' WHEN 'done' THEN 'used' WHEN 'failed' THEN 'returned' END END AS status) expected
   WHERE r.status IS DISTINCT FROM expected.status
     OR (r.status IS NOT NULL AND (r.kind, r.account, r.product) IS DISTINCT FROM (quoted.kind, item.account, i.product))
     OR (r.status = 'used') IS DISTINCT FROM (f.id IS NOT NULL) AND (r.status IS NOT NULL OR f.id IS NOT NULL)
     OR (f.id IS NOT NULL AND (f.kind, f.account) IS DISTINCT FROM (r.kind, r.account))`,
);

/**
 * A right is judged by the policy that its quote was made under, among the rights that were taken up to then: a limit that is lowered
 * later takes nothing away.
 */
const limits = sqlCheck(
  'rights-limit',
  'no more rights were taken than the policy gives',
  `WITH quoted AS (${QUOTED}),
   judged AS (
     SELECT r.*, CASE r.kind WHEN 'five-day' THEN knobs->>'fiveDayCount' ELSE knobs->>'ordinaryCount' END::int AS allowed,
       CASE r.kind WHEN 'five-day' THEN knobs->>'fiveDayPeriodDays' ELSE knobs->>'ordinaryPeriodDays' END::int AS days
     FROM rights r JOIN quoted USING (termination_id, instance_id) JOIN policies p ON p.id = quoted.policy_id
     CROSS JOIN LATERAL (SELECT p.document->'knobs' AS knobs) k
     WHERE r.status <> 'returned')
   SELECT j.termination_id || '/' || j.instance_id AS id,
     format('%s return %s of %s for %s, %s', j.kind, taken, j.allowed, j.account, j.product) AS detail
   FROM judged j CROSS JOIN LATERAL (
     SELECT count(*) AS taken FROM rights r
     WHERE r.account = j.account AND r.product = j.product AND r.kind = j.kind AND r.status <> 'returned' AND r.recorded_at <= j.recorded_at
       AND (j.days IS NULL OR r.recorded_at > j.recorded_at - make_interval(days => j.days))) t
   WHERE taken > allowed`,
);

const items = sqlCheck(
  'items',
  'an item is done exactly when its step is, and a quote is used by one termination',
  `SELECT item.termination_id || '/' || item.instance_id AS id,
     format('is %s, %s; refund %s', item.status, coalesce('its step is ' || s.step || ' with refund ' || coalesce(s.refund_id, 'none'), 'without a step'),
       coalesce(item.refund_id, 'none')) AS detail
   FROM termination_items item
   LEFT JOIN steps s ON s.instance_id = item.instance_id AND s.command_id = item.termination_id || '/' || item.instance_id AND s.outcome = 'done'
   WHERE (item.status = 'done') <> (s.step IS NOT NULL) OR item.refund_id IS DISTINCT FROM s.refund_id
   UNION ALL
   SELECT s.instance_id || '/' || s.step, s.command || ' that nobody agreed to' FROM steps s
   WHERE s.command IN ('terminate', 'return') AND s.outcome = 'done' AND NOT EXISTS (
     SELECT FROM termination_items item WHERE item.instance_id = s.instance_id AND s.command_id = item.termination_id || '/' || item.instance_id)
   UNION ALL
   SELECT t.id, format('confirms the quote %s, which says %s', q.id, coalesce(q.termination_id, 'unused'))
   FROM terminations t JOIN quotes q ON q.id = t.quote_id WHERE q.termination_id IS DISTINCT FROM t.id`,
);

export const RIGHTS: Check[] = [rights, limits, items];

/**
 * What must be true of agreements and rights (E2): every item that was carried out has its step, and no right
 * is used but by an item.
 */
import { type Check, sqlCheck } from './check';

/**
 * What the quote promised for an item; an item without `cells` has no refund. A return of renewals only takes
 * no right (`kind` is null then, `refund_kind` is not).
 */
const QUOTED = `
  SELECT t.id AS termination_id, quoted->>'instanceId' AS instance_id, quoted->'basis'->>'policyId' AS policy_id, refund_kind,
    CASE q.action WHEN 'return' THEN refund_kind END AS kind
  FROM terminations t JOIN quotes q ON q.id = t.quote_id CROSS JOIN jsonb_array_elements(q.items) AS quoted
  CROSS JOIN LATERAL (SELECT CASE WHEN quoted->'refund' ? 'cells' THEN quoted->'refund'->>'kind' END AS refund_kind) k`;

/**
 * Refunds of failed items are missing where the first version of Sunset failed them: it made a refund only to
 * book it.
 */
const rights = sqlCheck(
  'rights',
  'a right is reserved by an accepted item, used by a done one, returned by a failed or undone one, and so is its refund',
  `WITH quoted AS (${QUOTED})
   SELECT item.termination_id || '/' || item.instance_id AS id,
     format('item %s with %s, right %s; refund %s', item.status, coalesce('a quoted ' || quoted.refund_kind || ' refund', 'no refund'),
       coalesce(r.kind || ' ' || r.status, 'none'), coalesce(f.kind || ' ' || f.status, 'none')) AS detail
   FROM termination_items item
   LEFT JOIN quoted USING (termination_id, instance_id)
   LEFT JOIN rights r USING (termination_id, instance_id)
   LEFT JOIN refunds f USING (termination_id, instance_id)
   LEFT JOIN instances i ON i.id = item.instance_id
   CROSS JOIN LATERAL (SELECT CASE WHEN quoted.kind IS NOT NULL THEN
     CASE item.status WHEN 'accepted' THEN 'reserved' WHEN 'failed' THEN 'returned'
       WHEN 'done' THEN CASE f.status WHEN 'reversed' THEN 'returned' ELSE 'used' END END END AS status,
     CASE WHEN quoted.refund_kind IS NOT NULL THEN
       CASE item.status WHEN 'accepted' THEN ARRAY['requested', 'isolating'] WHEN 'done' THEN ARRAY['done', 'reversed']
         WHEN 'failed' THEN ARRAY['failed', 'none'] END END AS refund) expected
   WHERE r.status IS DISTINCT FROM expected.status
     OR (r.status IS NOT NULL AND (r.kind, r.account, r.product) IS DISTINCT FROM (quoted.kind, item.account, i.product))
     OR coalesce(f.status, 'none') <> ALL (coalesce(expected.refund, ARRAY['none']))
     OR (f.id IS NOT NULL AND (f.kind, f.account) IS DISTINCT FROM (quoted.refund_kind, item.account))
   UNION ALL
   SELECT r.termination_id || '/' || r.instance_id, format('a right %s that nobody has asked for', r.status) FROM rights r
   WHERE NOT EXISTS (SELECT FROM termination_items item WHERE (item.termination_id, item.instance_id) = (r.termination_id, r.instance_id))
     AND NOT EXISTS (SELECT FROM refund_requests q WHERE (q.termination_id, q.instance_id) = (r.termination_id, r.instance_id))`,
);

const requests = sqlCheck(
  'requests',
  'a refund in review has a living instance and holds its right, a denied one has given it back, an approved one has its termination, and somebody else decided (E5)',
  `SELECT q.id, format('refund %s, right %s, termination %s, asked for by %s, decided by %s', coalesce(f.status, 'missing'),
     coalesce(r.kind || ' ' || r.status, 'none'), coalesce(t.id, 'none'), q.requested_by, coalesce(q.decided_by, 'nobody')) AS detail
   FROM refund_requests q LEFT JOIN refunds f ON f.id = q.refund_id LEFT JOIN terminations t ON t.id = q.termination_id
   LEFT JOIN rights r ON (r.termination_id, r.instance_id) = (q.termination_id, q.instance_id)
   LEFT JOIN quotes p ON p.id = q.preview_quote_id CROSS JOIN LATERAL (SELECT p.action IS NOT DISTINCT FROM 'return' AS takes) needs
   WHERE f.id IS NULL OR (f.account, f.instance_id) IS DISTINCT FROM (q.account, q.instance_id)
     OR (f.status = 'in_review') <> (q.decided_by IS NULL) OR q.decided_by = q.requested_by
     OR (f.status IN ('in_review', 'denied')) <> (t.id IS NULL) OR f.termination_id IS DISTINCT FROM t.id
     OR (takes AND f.status = 'in_review' AND r.status IS DISTINCT FROM 'reserved')
     OR (takes AND f.status = 'denied' AND r.status IS DISTINCT FROM 'returned')
     OR (takes AND f.status IN ('in_review', 'denied') AND (r.kind, r.account) IS DISTINCT FROM (f.kind, f.account))
     OR (NOT takes AND r.status IS NOT NULL)
   UNION ALL
   SELECT q.id, format('is in review, and %s is %s (M25)', i.id, i.state)
   FROM refund_requests q JOIN refunds f ON f.id = q.refund_id JOIN instances i ON i.id = q.instance_id
   WHERE f.status = 'in_review' AND i.state IN ('isolated', 'terminated')`,
);

/**
 * A right is judged by the policy that its quote was made under, among the rights that were taken up to then:
 * a limit that is lowered later takes nothing away.
 */
const limits = sqlCheck(
  'rights-limit',
  'no more rights were taken than the policy gives',
  `WITH quoted AS (${QUOTED}
     UNION ALL
     SELECT r.termination_id, r.instance_id, p.items->0->'basis'->>'policyId', NULL, NULL FROM refund_requests r
     JOIN quotes p ON p.id = r.preview_quote_id WHERE NOT EXISTS (SELECT FROM terminations t WHERE t.id = r.termination_id)),
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

/** It was scheduled, its time came, and the control plane would not. */
const FIRED_AND_TURNED_BACK = `EXISTS (SELECT FROM steps back JOIN steps fired ON fired.instance_id = back.instance_id AND fired.step = back.step - 1
  WHERE back.instance_id = item.instance_id AND back.command_id LIKE 'sunset/turned-back/%'
    AND fired.life->'crossing'->'by'->'deadline'->>'kind' = 'fire' AND fired.life->'termination'->>'terminationId' = item.termination_id)`;

const items = sqlCheck(
  'items',
  'an item is carried out or scheduled exactly when its step is, and a quote is used by one termination',
  `SELECT item.termination_id || '/' || item.instance_id AS id,
     format('is %s, %s; refund %s', item.status, coalesce('its step is ' || s.step || ' with refund ' || coalesce(s.refund_id, 'none'), 'without a step'),
       coalesce(item.refund_id, 'none')) AS detail
   FROM termination_items item
   LEFT JOIN steps o ON o.instance_id = item.instance_id AND o.command_id = item.termination_id || '/' || item.instance_id AND o.outcome = 'done'
   LEFT JOIN steps a ON o.life ? 'crossing' AND a.instance_id = o.instance_id AND a.command_id = 'sunset/arrived/' || o.step
   CROSS JOIN LATERAL (SELECT CASE WHEN o.life ? 'crossing' THEN a.step ELSE o.step END AS step,
     CASE WHEN o.life ? 'crossing' THEN a.refund_id ELSE o.refund_id END AS refund_id) s
   WHERE (item.status IN ('done', 'scheduled', 'cancelled')) <> (s.step IS NOT NULL AND NOT (item.status = 'failed' AND ${FIRED_AND_TURNED_BACK}))
     OR item.refund_id IS DISTINCT FROM s.refund_id
   UNION ALL
   SELECT s.instance_id || '/' || s.step, s.command || ' that nobody agreed to' FROM steps s
   WHERE s.command IN ('terminate', 'return', 'return-renewals') AND s.outcome = 'done' AND s.command_id NOT LIKE 'sunset/arrived/%' AND NOT EXISTS (
     SELECT FROM termination_items item WHERE item.instance_id = s.instance_id AND s.command_id = item.termination_id || '/' || item.instance_id)
   UNION ALL
   SELECT t.id, format('confirms the quote %s, which says %s', q.id, coalesce(q.termination_id, 'unused'))
   FROM terminations t JOIN quotes q ON q.id = t.quote_id WHERE q.termination_id IS DISTINCT FROM t.id`,
);

/** L2. */
const schedules = sqlCheck(
  'schedules',
  'an item is scheduled exactly while its instance waits for it, and says the same time',
  `SELECT coalesce(item.termination_id, i.life->'termination'->>'terminationId') || '/' || coalesce(item.instance_id, i.id) AS id,
     format('item %s for %s; its instance waits for %s', coalesce(item.status, 'missing'), coalesce(item.release_time::text, 'no time'),
       coalesce(i.life->'termination'->>'at', 'none')) AS detail
   FROM (SELECT * FROM termination_items WHERE status = 'scheduled') item
   FULL JOIN (SELECT * FROM instances WHERE life->'termination' <> 'null') i
     ON i.id = item.instance_id AND i.life->'termination'->>'terminationId' = item.termination_id
   WHERE (item.release_time, item.scheduled_at) IS DISTINCT FROM
     ((i.life->'termination'->>'at')::timestamptz, (i.life->'termination'->>'at')::timestamptz)`,
);

export const RIGHTS: Check[] = [rights, requests, limits, items, schedules];

-- Up Migration

-- A review ends with its instance (M25): those that were left open by the version before.
WITH ended AS (
  UPDATE refund_requests r SET decided_by = 'sunset', decided_at = clock_timestamp(),
    decision_reason = (SELECT command FROM steps s WHERE s.instance_id = r.instance_id AND s.outcome = 'done' ORDER BY step DESC LIMIT 1)
  FROM instances i WHERE i.id = r.instance_id AND r.decided_by IS NULL AND i.state IN ('isolated', 'terminated')
  RETURNING r.refund_id, r.termination_id),
given AS (UPDATE rights SET status = 'returned' FROM ended WHERE rights.termination_id = ended.termination_id)
UPDATE refunds f SET status = 'denied', progress = f.progress || jsonb_build_array(jsonb_build_object('status', 'denied', 'at',
  to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
FROM ended WHERE f.id = ended.refund_id;

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

-- What an account is given or takes beside refunds and renewals: once a reference, and never changed. A withdrawal of what was a mistake
-- corrects it.
CREATE TABLE adjustments (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account text NOT NULL REFERENCES accounts,
  kind text NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'credit')),
  source text NOT NULL CHECK (source IN ('cash', 'gift', 'income')),
  currency text NOT NULL,
  amount numeric NOT NULL CHECK (amount > 0),
  reason text NOT NULL,
  -- The other system's own: of a payment, a transfer, a ticket.
  reference text NOT NULL,
  made_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (account, reference)
);
CREATE INDEX adjustments_account ON adjustments (account, seq);
CREATE TRIGGER adjustments_append_only BEFORE UPDATE OR DELETE ON adjustments FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER adjustments_no_truncate BEFORE TRUNCATE ON adjustments FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A transaction belongs to a step or to an adjustment, never to both or to none.
ALTER TABLE transactions ALTER COLUMN instance_id DROP NOT NULL, ALTER COLUMN step DROP NOT NULL;
ALTER TABLE transactions ADD COLUMN adjustment_id text UNIQUE REFERENCES adjustments;
ALTER TABLE transactions ADD CONSTRAINT transactions_origin
  CHECK (num_nonnulls(instance_id, step) = CASE WHEN adjustment_id IS NULL THEN 2 ELSE 0 END);

-- Of a quote of renewals: those that were chosen; null: all that can come back.
ALTER TABLE quotes ADD COLUMN order_ids jsonb;

-- Down Migration
ALTER TABLE quotes DROP COLUMN order_ids;
ALTER TABLE transactions DROP CONSTRAINT transactions_origin, DROP COLUMN adjustment_id;
ALTER TABLE transactions ALTER COLUMN instance_id SET NOT NULL, ALTER COLUMN step SET NOT NULL;
DROP TABLE adjustments;

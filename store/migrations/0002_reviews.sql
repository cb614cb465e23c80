-- Up Migration

-- A refund is there from its agreement or request on, and is booked later. `problem` says why one failed; `reversal` who undid it, when,
-- why, and by which transaction.
ALTER TABLE refunds ALTER COLUMN termination_id DROP NOT NULL;
ALTER TABLE refunds ADD COLUMN problem jsonb;
ALTER TABLE refunds ADD COLUMN reversal jsonb;
ALTER TABLE refunds ADD CONSTRAINT refunds_status
  CHECK (status IN ('requested', 'isolating', 'booked', 'done', 'in_review', 'denied', 'failed', 'reversed'));
ALTER TABLE refunds ADD CONSTRAINT refunds_termination CHECK (termination_id IS NOT NULL OR status IN ('in_review', 'denied'));

-- What a booked refund was computed from and what it paid never change any more (its progress does).
CREATE FUNCTION booked_refunds_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('booked', 'done', 'reversed') AND
    (OLD.calculation, OLD.amount, OLD.fee, OLD.currency, OLD.kind, OLD.account, OLD.instance_id, OLD.termination_id, OLD.quote_id)
    IS DISTINCT FROM
    (NEW.calculation, NEW.amount, NEW.fee, NEW.currency, NEW.kind, NEW.account, NEW.instance_id, NEW.termination_id, NEW.quote_id) THEN
    RAISE EXCEPTION 'refund % is booked: it is corrected by reversing entries only', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booked_refunds_stay BEFORE UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION booked_refunds_stay();

-- What was accepted before this version and is still to be carried out.
INSERT INTO refunds (id, instance_id, account, termination_id, quote_id, kind, currency, amount, fee, status, progress, calculation)
  SELECT format('r_%s_%s', t.id, item.instance_id), item.instance_id, item.account, t.id, q.id, quoted->'refund'->>'kind',
    quoted->'refund'->>'currency', (quoted->'refund'->>'amount')::numeric, (quoted->'refund'->>'fee')::numeric, 'requested',
    jsonb_build_array(jsonb_build_object('status', 'requested', 'at', t.agreed_at)),
    jsonb_build_object('refund', quoted->'refund', 'inputs', jsonb_build_object('facts', i.facts, 'at', quoted->'basis'->>'asOf',
      'kind', quoted->'refund'->>'kind', 'policyId', quoted->'basis'->>'policyId', 'action', 'return', 'assisted', false, 'orders',
      (SELECT jsonb_agg(o.document || jsonb_build_object('closedAt', o.closed_at, 'endedAt', o.ended_at) ORDER BY o.position)
         FROM orders o WHERE o.instance_id = i.id)))
  FROM termination_items item JOIN terminations t ON t.id = item.termination_id JOIN quotes q ON q.id = t.quote_id
  JOIN instances i ON i.id = item.instance_id CROSS JOIN jsonb_array_elements(q.items) AS quoted
  WHERE item.status = 'accepted' AND quoted->>'instanceId' = item.instance_id AND quoted->'refund' ? 'cells';

-- Quotes of the version before lack what their refunds were computed from: whoever confirms one is asked to quote again.
UPDATE quotes SET expires_at = clock_timestamp() WHERE termination_id IS NULL AND expires_at > clock_timestamp();

-- An operator approved it (M11): held against it when it is computed again.
ALTER TABLE quotes ADD COLUMN assisted boolean NOT NULL DEFAULT false;

-- Who asked for a refund that needs approval, and who decided (E5). Its status is its refund's. The preview is a quote of its own.
-- The termination that an approval makes has its id from the start, so that the right is held for it while in review; it doesn't exist yet.
CREATE TABLE refund_requests (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  instance_id text NOT NULL REFERENCES instances,
  account text NOT NULL REFERENCES accounts,
  refund_id text NOT NULL UNIQUE REFERENCES refunds,
  preview_quote_id text NOT NULL REFERENCES quotes,
  termination_id text NOT NULL UNIQUE,
  reason text NOT NULL,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_by text,
  decision_reason text,
  decided_at timestamptz,
  CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decision_reason IS NULL)),
  CHECK (decided_by <> requested_by)
);
CREATE INDEX refund_requests_account ON refund_requests (account, seq);
ALTER TABLE rights DROP CONSTRAINT rights_termination_id_instance_id_fkey;

-- A correction only ever adds: a transaction that reverses another, once, with the reason (its step names who).
ALTER TABLE transactions ADD COLUMN reverses text UNIQUE REFERENCES transactions;
ALTER TABLE transactions ADD COLUMN reason text;
ALTER TABLE transactions ADD CONSTRAINT transactions_reversal
  CHECK ((event = 'reversal') = (reverses IS NOT NULL) AND (reverses IS NULL) = (reason IS NULL));

-- Who put an instance on hold or took it off, and why (E5).
CREATE TABLE hold_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance_id text NOT NULL REFERENCES instances,
  hold boolean NOT NULL,
  reason text NOT NULL,
  changed_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Usage as reported, refused from the billing stop on (L9).
CREATE TABLE usage (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  instance_id text NOT NULL REFERENCES instances,
  meter text NOT NULL,
  quantity numeric NOT NULL CHECK (quantity >= 0),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at >= starts_at),
  -- Where a billing stop cut it that was decided before it was reported and recorded after; null: all of it is charged.
  charged_until timestamptz CHECK (charged_until BETWEEN starts_at AND ends_at),
  reported_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX usage_instance ON usage (instance_id, seq);

-- A repeat is answered byte for byte like the first time: jsonb would put members into another order.
ALTER TABLE idempotency_keys ALTER COLUMN headers TYPE json, ALTER COLUMN body TYPE json;

-- Down Migration
ALTER TABLE idempotency_keys ALTER COLUMN headers TYPE jsonb, ALTER COLUMN body TYPE jsonb;
DROP TABLE usage, hold_changes, refund_requests;
ALTER TABLE transactions DROP COLUMN reason, DROP COLUMN reverses;
ALTER TABLE quotes DROP COLUMN assisted;
DROP TRIGGER booked_refunds_stay ON refunds;
DROP FUNCTION booked_refunds_stay;
ALTER TABLE refunds DROP CONSTRAINT refunds_termination, DROP CONSTRAINT refunds_status, DROP COLUMN problem, DROP COLUMN reversal;

-- Up Migration

-- Every transaction sums to zero per currency. Checked once for each statement that adds entries, over what it adds: a check for each entry sums
-- a transaction again and again, and a check at the end can be moved before the last entry (SET CONSTRAINTS). So what a statement adds to a
-- transaction must be in balance by itself, and can only be added by the database transaction that made the transaction's row: one that
-- has been committed gets no further entries, in balance or not.
DROP TRIGGER entries_sum_to_zero ON entries;
CREATE OR REPLACE FUNCTION entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bad record;
  -- PostgreSQL numbers its transactions for ever; rows keep the lower half of the number only, so the nearest one is meant.
  near bigint := pg_current_xact_id()::text::bigint;
BEGIN
  SELECT transaction_id, string_agg(currency || ' ' || total, ', ') AS totals INTO bad
    FROM (SELECT transaction_id, currency, sum(amount) AS total FROM added GROUP BY transaction_id, currency) sums
    WHERE total <> 0 GROUP BY transaction_id ORDER BY transaction_id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transaction % does not sum to zero: %', bad.transaction_id, bad.totals USING ERRCODE = 'check_violation';
  END IF;
  -- A row that is seen while its maker is still in progress was made here, be it within a savepoint.
  SELECT t.id INTO bad FROM transactions t
    CROSS JOIN LATERAL (SELECT near - 2147483648 + ((t.xmin::text::bigint - near + 2147483648) & 4294967295) AS xid) made
    WHERE t.id IN (SELECT transaction_id FROM added) AND pg_xact_status(made.xid::text::xid8) IS DISTINCT FROM 'in progress'
    ORDER BY t.id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transaction % is booked: nothing can be added to it', bad.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entries_sum_to_zero AFTER INSERT ON entries
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION entries_sum_to_zero();

-- What is kept for a time only (store/retention.ts) is found by its age, and what refers to a quote by the quote.
CREATE INDEX idempotency_keys_recorded ON idempotency_keys (recorded_at);
CREATE INDEX quotes_unused ON quotes (expires_at) WHERE termination_id IS NULL;
CREATE INDEX refunds_quote ON refunds (quote_id);
CREATE INDEX refund_requests_preview ON refund_requests (preview_quote_id);
CREATE INDEX keys_revoked ON keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- A key that lives is revoked, never deleted, whoever asks. (Quotes that anything rests on are kept by their foreign keys.)
CREATE FUNCTION living_keys_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NULL THEN
    RAISE EXCEPTION 'key % lives: it has to be revoked first', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER living_keys_stay BEFORE DELETE ON keys FOR EACH ROW EXECUTE FUNCTION living_keys_stay();

-- Down Migration
DROP TRIGGER living_keys_stay ON keys;
DROP FUNCTION living_keys_stay;
DROP INDEX idempotency_keys_recorded, quotes_unused, refunds_quote, refund_requests_preview, keys_revoked;
DROP TRIGGER entries_sum_to_zero ON entries;
CREATE OR REPLACE FUNCTION entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unbalanced text;
BEGIN
  SELECT string_agg(currency || ' ' || total, ', ') INTO unbalanced
    FROM (SELECT currency, sum(amount) AS total FROM entries WHERE transaction_id = NEW.transaction_id GROUP BY currency) sums
    WHERE total <> 0;
  IF unbalanced IS NOT NULL THEN
    RAISE EXCEPTION 'transaction % does not sum to zero: %', NEW.transaction_id, unbalanced USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entries_sum_to_zero AFTER INSERT ON entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entries_sum_to_zero();

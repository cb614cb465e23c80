-- Up Migration

-- What the ledger has moved each day (UTC, by when it was recorded) in each currency and class of accounts, so that a trial balance needn't
-- add up every entry. Added with the seals of the same transactions, a second behind the steps: no step waits for a row that others change.
CREATE TABLE day_sums (
  day date,
  currency text,
  class text,
  debit numeric NOT NULL,
  credit numeric NOT NULL,
  PRIMARY KEY (day, currency, class)
);

-- Orders' `deferred:…` are one class; every other ledger account is a class of its own.
CREATE FUNCTION ledger_class(ledger_account text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN ledger_account LIKE 'deferred:%' THEN 'deferred' ELSE ledger_account END $$;

-- A trigger with its owner's rights, so that a sealer of the version before, which runs on while this one is deployed, adds up as well; and
-- nobody else can.
CREATE FUNCTION add_day_sums() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO day_sums AS d (day, currency, class, debit, credit)
  SELECT (t.recorded_at AT TIME ZONE 'UTC')::date, e.currency, ledger_class(e.ledger_account),
    coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
  FROM sealed s JOIN transactions t ON t.id = s.transaction_id JOIN entries e ON e.transaction_id = t.id
  GROUP BY 1, 2, 3
  ON CONFLICT (day, currency, class) DO UPDATE SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit;
  RETURN NULL;
END $$;
CREATE TRIGGER seals_add_up AFTER INSERT ON seals REFERENCING NEW TABLE AS sealed FOR EACH STATEMENT EXECUTE FUNCTION add_day_sums();
-- The trigger has locked the table, so that nothing is sealed between these two.
INSERT INTO day_sums (day, currency, class, debit, credit)
SELECT (t.recorded_at AT TIME ZONE 'UTC')::date, e.currency, ledger_class(e.ledger_account),
  coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
FROM seals s JOIN transactions t ON t.id = s.transaction_id JOIN entries e ON e.transaction_id = t.id
GROUP BY 1, 2, 3;
-- Transactions come nearly in the order of their time: a small index finds those of a day.
CREATE INDEX transactions_recorded ON transactions USING brin (recorded_at) WITH (pages_per_range = 16);

-- Lists by product and region, also of what there is none of.
CREATE INDEX instances_placed ON instances (product, region, seq) WHERE state <> 'terminated';

-- Down Migration
DROP INDEX instances_placed, transactions_recorded;
DROP TRIGGER seals_add_up ON seals;
DROP FUNCTION add_day_sums;
DROP TABLE day_sums;
DROP FUNCTION ledger_class;

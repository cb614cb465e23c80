-- Up Migration

-- What the ledger has moved each month, as `day_sums` has it of days: a trial balance reads a few months and the days of one, however many years
-- there are.
CREATE TABLE month_sums (
  month date,
  currency text,
  class text,
  debit numeric NOT NULL,
  credit numeric NOT NULL,
  PRIMARY KEY (month, currency, class)
);

CREATE OR REPLACE FUNCTION add_day_sums() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH added AS (
    SELECT (t.recorded_at AT TIME ZONE 'UTC')::date AS day, e.currency, ledger_class(e.ledger_account) AS class,
      coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS debit, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS credit
    FROM sealed s JOIN transactions t ON t.id = s.transaction_id JOIN entries e ON e.transaction_id = t.id
    GROUP BY 1, 2, 3),
  days AS (
    INSERT INTO day_sums AS d (day, currency, class, debit, credit) SELECT day, currency, class, debit, credit FROM added
    ON CONFLICT (day, currency, class) DO UPDATE SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit)
  INSERT INTO month_sums AS m (month, currency, class, debit, credit)
  SELECT date_trunc('month', day::timestamp)::date, currency, class, sum(debit), sum(credit) FROM added GROUP BY 1, 2, 3
  ON CONFLICT (month, currency, class) DO UPDATE SET debit = m.debit + excluded.debit, credit = m.credit + excluded.credit;
  RETURN NULL;
END $$;
-- Nothing is sealed between the two.
LOCK TABLE seals IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO month_sums (month, currency, class, debit, credit)
SELECT date_trunc('month', day::timestamp)::date, currency, class, sum(debit), sum(credit) FROM day_sums GROUP BY 1, 2, 3;

-- Down Migration
CREATE OR REPLACE FUNCTION add_day_sums() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO day_sums AS d (day, currency, class, debit, credit)
  SELECT (t.recorded_at AT TIME ZONE 'UTC')::date, e.currency, ledger_class(e.ledger_account),
    coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
  FROM sealed s JOIN transactions t ON t.id = s.transaction_id JOIN entries e ON e.transaction_id = t.id
  GROUP BY 1, 2, 3
  ON CONFLICT (day, currency, class) DO UPDATE SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit;
  RETURN NULL;
END $$;
DROP TABLE month_sums;

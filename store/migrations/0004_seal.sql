-- Up Migration

-- The hash chain over the ledger: one row a transaction, in the order in which they were sealed (store/seal.ts).
CREATE TABLE seals (
  position bigint PRIMARY KEY CHECK (position > 0),
  transaction_id text NOT NULL UNIQUE REFERENCES transactions,
  hash text NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE ON seals FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER seals_no_truncate BEFORE TRUNCATE ON seals FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What is booked and not sealed yet. A row comes with its transaction's commit, however late that is, so a transaction that commits after
-- others with a higher number is never skipped; and no number of the server (xid) is kept, which a dump restored elsewhere would not have.
CREATE TABLE unsealed (
  seq bigint PRIMARY KEY REFERENCES transactions (seq)
);

-- A trigger with its owner's rights, so that a process of the version before, which runs on while this one is deployed, queues as well.
CREATE FUNCTION queue_for_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO unsealed (seq) VALUES (NEW.seq);
  RETURN NULL;
END $$;
CREATE TRIGGER transactions_queue_for_seal AFTER INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION queue_for_seal();
-- The trigger has locked the table, so that nothing is booked between these two.
INSERT INTO unsealed SELECT seq FROM transactions;

-- Down Migration
DROP TRIGGER transactions_queue_for_seal ON transactions;
DROP FUNCTION queue_for_seal;
DROP TABLE unsealed, seals;

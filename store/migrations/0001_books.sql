-- Up Migration

-- Rules as they were when they were used: a policy that is edited is another row.
CREATE TABLE policies (
  id text PRIMARY KEY,
  product text NOT NULL,
  version text NOT NULL,
  document jsonb NOT NULL
);

CREATE TABLE accounts (
  account text PRIMARY KEY,
  arrears boolean NOT NULL DEFAULT false,
  hold boolean NOT NULL DEFAULT false
);

-- Who changed an account's standing, and why.
CREATE TABLE account_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL REFERENCES accounts,
  arrears boolean NOT NULL,
  hold boolean NOT NULL,
  reason text NOT NULL,
  changed_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Only customers have balance rows: revenue has none, so that no row is hot.
CREATE TABLE balances (
  account text NOT NULL REFERENCES accounts,
  currency text NOT NULL,
  source text NOT NULL CHECK (source IN ('cash', 'gift', 'income')),
  amount numeric NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (account, currency, source)
);

-- The read model: one row an instance, written by each step's transaction.
CREATE TABLE instances (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account text NOT NULL REFERENCES accounts,
  product text NOT NULL,
  billing text NOT NULL,
  region text NOT NULL,
  state text NOT NULL,
  step integer NOT NULL,
  isolated_at timestamptz,
  purge_time timestamptz,
  facts jsonb NOT NULL,
  life jsonb NOT NULL,
  policy_id text NOT NULL REFERENCES policies,
  hold jsonb,
  clock_offset_ms bigint NOT NULL DEFAULT 0,
  registration_hash text NOT NULL,
  registered_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX instances_account ON instances (account, seq);
CREATE INDEX instances_living ON instances (seq) WHERE state <> 'terminated';
CREATE INDEX instances_bin ON instances (purge_time, seq) WHERE state = 'isolated';

CREATE TABLE orders (
  instance_id text NOT NULL REFERENCES instances,
  id text NOT NULL,
  position integer NOT NULL,
  document jsonb NOT NULL,
  closed_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (instance_id, id),
  CHECK (closed_at IS NULL OR ended_at IS NULL OR closed_at >= ended_at)
);

-- What happened, one row a step: the timeline, and the guard against doing a step or a command twice (decision 6).
CREATE TABLE steps (
  instance_id text NOT NULL REFERENCES instances,
  step integer NOT NULL,
  command_id text NOT NULL,
  fingerprint text NOT NULL,
  command text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
  from_state text,
  to_state text NOT NULL,
  by text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  refund_id text,
  code text,
  life jsonb NOT NULL,
  PRIMARY KEY (instance_id, step),
  UNIQUE (instance_id, command_id)
);

CREATE TABLE quotes (
  id text PRIMARY KEY,
  action text NOT NULL,
  schedule jsonb NOT NULL,
  five_day_for text,
  rules_version text NOT NULL,
  items jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  termination_id text
);

CREATE TABLE terminations (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  quote_id text NOT NULL UNIQUE REFERENCES quotes,
  action text NOT NULL,
  schedule jsonb NOT NULL,
  rules_version text NOT NULL,
  agreed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  agreed_via text NOT NULL,
  agreed_by text NOT NULL
);

CREATE TABLE termination_items (
  termination_id text NOT NULL REFERENCES terminations,
  instance_id text NOT NULL REFERENCES instances,
  position integer NOT NULL,
  account text NOT NULL,
  status text NOT NULL CHECK (status IN ('accepted', 'done', 'failed', 'refused')),
  command jsonb,
  refund_id text,
  release_time timestamptz,
  problem jsonb,
  accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (termination_id, instance_id)
);
CREATE INDEX termination_items_accepted ON termination_items (accepted_at) WHERE status = 'accepted';
CREATE INDEX termination_items_account ON termination_items (account, termination_id);

-- Rights to return (E2), one row a use: reserved at acceptance, used by the step, returned when it fails.
CREATE TABLE rights (
  termination_id text NOT NULL,
  instance_id text NOT NULL,
  account text NOT NULL REFERENCES accounts,
  product text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('five-day', 'ordinary')),
  status text NOT NULL CHECK (status IN ('reserved', 'used', 'returned')),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (termination_id, instance_id),
  FOREIGN KEY (termination_id, instance_id) REFERENCES termination_items
);
CREATE INDEX rights_account ON rights (account, product) WHERE status <> 'returned';

CREATE TABLE refunds (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  instance_id text NOT NULL REFERENCES instances,
  account text NOT NULL REFERENCES accounts,
  termination_id text NOT NULL REFERENCES terminations,
  quote_id text NOT NULL REFERENCES quotes,
  kind text NOT NULL,
  currency text NOT NULL,
  amount numeric NOT NULL CHECK (amount >= 0),
  fee numeric NOT NULL CHECK (fee >= 0),
  status text NOT NULL,
  progress jsonb NOT NULL,
  -- Inputs, policy and every line of it, for ever.
  calculation jsonb NOT NULL,
  UNIQUE (termination_id, instance_id)
);
CREATE INDEX refunds_account ON refunds (account, seq);
CREATE INDEX refunds_instance ON refunds (instance_id, seq);

-- Double entry: a transaction belongs to one step; each line of it is a posting of two legs.
CREATE TABLE transactions (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account text NOT NULL REFERENCES accounts,
  instance_id text NOT NULL,
  step integer NOT NULL,
  event text NOT NULL,
  refund_id text REFERENCES refunds,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (instance_id, step) REFERENCES steps,
  UNIQUE (instance_id, step)
);
CREATE INDEX transactions_account ON transactions (account, seq);
CREATE INDEX transactions_refund ON transactions (refund_id) WHERE refund_id IS NOT NULL;

CREATE TABLE entries (
  transaction_id text NOT NULL REFERENCES transactions,
  line integer NOT NULL,
  -- 0: the source, which gives; 1: the destination, which receives.
  leg smallint NOT NULL CHECK (leg IN (0, 1)),
  ledger_account text NOT NULL,
  currency text NOT NULL,
  amount numeric NOT NULL CHECK (amount <> 0 AND (leg = 0) = (amount < 0)),
  PRIMARY KEY (transaction_id, line, leg)
);

-- Every transaction sums to zero per currency, checked when it commits.
CREATE FUNCTION entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- Books are only ever added to, whoever asks: a correction is another entry.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE ON transactions FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON transactions FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER steps_append_only BEFORE UPDATE OR DELETE ON steps FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER steps_no_truncate BEFORE TRUNCATE ON steps FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What others are to be told, committed with the step that caused it.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  instance_id text NOT NULL,
  step integer NOT NULL,
  payload jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row an Idempotency-Key: running while its owner lives, then the stored answer.
CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  owner bigint NOT NULL,
  status integer,
  headers jsonb,
  body jsonb,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (caller, key)
);

-- Down Migration
DROP TABLE idempotency_keys, outbox, entries, transactions, refunds, rights, termination_items, terminations, quotes, steps, orders,
  instances, balances, account_changes, accounts, policies;
DROP FUNCTION entries_sum_to_zero, append_only;

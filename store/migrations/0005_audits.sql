-- Up Migration

-- What each audit looked at and what it found. The head of the seals is kept with it, so that a later audit can tell whether the chain that
-- an earlier one saw is still there.
CREATE TABLE audits (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  trigger text NOT NULL CHECK (trigger IN ('schedule', 'command')),
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  rows jsonb NOT NULL,
  head jsonb,
  -- The lists are cut off at some length, the counts are not.
  finding_count integer NOT NULL,
  findings jsonb NOT NULL,
  healed_count integer NOT NULL,
  healed jsonb NOT NULL,
  -- Checks that could not be made, and why.
  skipped jsonb NOT NULL
);
CREATE TRIGGER audits_append_only BEFORE UPDATE OR DELETE ON audits FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audits_no_truncate BEFORE TRUNCATE ON audits FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Down Migration
DROP TABLE audits;

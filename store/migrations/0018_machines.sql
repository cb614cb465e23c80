-- Up Migration

-- What a control plane does not bring to an end.
CREATE INDEX instances_attention ON instances (seq) WHERE life->'crossing' ? 'attention';
-- What is looked at every night.
CREATE INDEX instances_driven ON instances (seq) WHERE life ? 'driver' AND state <> 'terminated';

-- How control planes have machines otherwise than their instances' lives say.
CREATE TABLE drift (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  instance_id text NOT NULL REFERENCES instances (id),
  account text NOT NULL,
  -- The state that the instance had when it was found, and how its machine was found then.
  state text NOT NULL,
  exists boolean NOT NULL,
  power text NOT NULL,
  isolated boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'adopted', 'applied', 'ignored', 'gone')),
  found_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text
);
CREATE UNIQUE INDEX drift_open ON drift (instance_id) WHERE status = 'open';
CREATE INDEX drift_status ON drift (status, seq);
CREATE INDEX drift_instance ON drift (instance_id, seq);

-- Down Migration
DROP TABLE drift;
DROP INDEX instances_driven, instances_attention;

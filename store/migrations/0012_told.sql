-- Up Migration

-- Who was told when, by an interface of a vendor's, that an instance is in the bin: whoever then ends it again means it (store/lives/told.ts).
CREATE TABLE told (
  caller text NOT NULL,
  instance_id text NOT NULL REFERENCES instances,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (caller, instance_id)
);

-- Down Migration
DROP TABLE told;

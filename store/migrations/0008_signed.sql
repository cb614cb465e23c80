-- Up Migration

-- Whose word a step was: Sunset's own (a deadline), a message that was signed by the API, or one that nobody vouches for. Of those
-- recorded before, nobody knows any more; the default lets processes of the version before go on while they are being replaced.
ALTER TABLE steps ADD COLUMN authority text NOT NULL DEFAULT 'before' CHECK (authority IN ('sunset', 'signed', 'unsigned', 'before'));

-- When the sweep last sent an item: those that are stuck take their turn behind the others.
ALTER TABLE termination_items ADD COLUMN tried_at timestamptz;
DROP INDEX termination_items_accepted;
CREATE INDEX termination_items_accepted ON termination_items (coalesce(tried_at, '-infinity'), accepted_at) WHERE status = 'accepted';

-- The instance's next deadline, on its own clock; each step writes it. What is due and still there has been missed.
ALTER TABLE instances ADD COLUMN due_at timestamptz;
UPDATE instances SET due_at = CASE
  WHEN state = 'isolated' THEN purge_time
  WHEN state IN ('running', 'stopped', 'expired') THEN least((life->'termination'->>'at')::timestamptz,
    (SELECT min((o->>'endsAt')::timestamptz) FROM jsonb_array_elements(life->'orders') AS o)) END;
CREATE INDEX instances_due ON instances (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX instances_ahead ON instances (due_at) WHERE clock_offset_ms > 0;

-- What the watch over lives saw last.
CREATE TABLE watch (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  claimed_at timestamptz NOT NULL,
  at timestamptz,
  counts jsonb,
  troubles jsonb
);

-- Down Migration
DROP TABLE watch;
ALTER TABLE instances DROP COLUMN due_at;
DROP INDEX termination_items_accepted;
CREATE INDEX termination_items_accepted ON termination_items (accepted_at) WHERE status = 'accepted';
ALTER TABLE termination_items DROP COLUMN tried_at;
ALTER TABLE steps DROP COLUMN authority;

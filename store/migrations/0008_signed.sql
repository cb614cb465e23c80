-- Up Migration

-- Whose word a step was: Sunset's own (a deadline), a message that was signed by the API, or one that nobody vouches for. Of those
-- recorded before, nobody knows any more; the default lets processes of the version before go on while they are being replaced.
ALTER TABLE steps ADD COLUMN authority text NOT NULL DEFAULT 'before' CHECK (authority IN ('sunset', 'signed', 'unsigned', 'before'));

-- When the sweep last sent an item: those that are stuck take their turn behind the others.
ALTER TABLE termination_items ADD COLUMN tried_at timestamptz;

-- Down Migration
ALTER TABLE termination_items DROP COLUMN tried_at;
ALTER TABLE steps DROP COLUMN authority;

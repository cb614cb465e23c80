-- Up Migration

-- Who has signed in with a key, by a cookie. Of the cookie only a hash is kept (api/secrets.ts). A session lives as long as its key: one of the
-- operator's key (no `key_id`) has a hash that only that key makes.
CREATE TABLE sessions (
  hash text PRIMARY KEY,
  key_id text REFERENCES keys ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- At the latest, whatever is done with it.
  expires_at timestamptz NOT NULL,
  -- Unless it is used before: each use moves it, never past `expires_at`.
  idle_at timestamptz NOT NULL,
  CHECK (idle_at <= expires_at)
);
CREATE INDEX sessions_key ON sessions (key_id);
CREATE INDEX sessions_idle ON sessions (idle_at);

-- Down Migration
DROP TABLE sessions;

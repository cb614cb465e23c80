-- Up Migration

-- Keys of callers. What a key is worth is kept nowhere, only its SHA-256: the key itself is 256 bits that nobody can guess, so a hash that is
-- slow to compute would protect nothing more, and would be paid for with every request.
CREATE TABLE keys (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- NULL: all accounts (the operator's own people).
  account text REFERENCES accounts,
  name text NOT NULL,
  permissions text[] NOT NULL CHECK (cardinality(permissions) > 0),
  key_hash text NOT NULL UNIQUE,
  -- Names the pair that signs requests; the secret of the pair is derived, not stored.
  secret_id text NOT NULL UNIQUE,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  revoked_by text,
  revoked_at timestamptz,
  CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
);
CREATE INDEX keys_account ON keys (account, seq);
CREATE INDEX keys_live ON keys (account, name) WHERE revoked_at IS NULL;

-- What a key may do never changes, and a revoked one stays revoked: another right is another key.
CREATE FUNCTION keys_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL OR
    (OLD.id, OLD.account, OLD.name, OLD.permissions, OLD.key_hash, OLD.secret_id, OLD.created_by, OLD.created_at)
    IS DISTINCT FROM
    (NEW.id, NEW.account, NEW.name, NEW.permissions, NEW.key_hash, NEW.secret_id, NEW.created_by, NEW.created_at) THEN
    RAISE EXCEPTION 'key % is as it was made: it can only be revoked, once', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keys_stay BEFORE UPDATE ON keys FOR EACH ROW EXECUTE FUNCTION keys_stay();

-- Down Migration
DROP TABLE keys;
DROP FUNCTION keys_stay;

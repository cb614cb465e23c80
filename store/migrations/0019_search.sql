-- Up Migration

-- Searching instances for a part of a word (store/lives/search.ts). It comes with PostgreSQL, and whoever owns the database may add it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What an instance is found by, a line each: its id, its name, its machine's id, and the ids of its disks and addresses. A table of its own:
-- each step writes the instance anew, with all that its indexes have of it.
CREATE TABLE instance_words (instance_id text PRIMARY KEY, words text NOT NULL);
CREATE FUNCTION words_of(id text, facts jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT lower(concat_ws(E'\n', id, facts->>'name', facts->>'externalId', (SELECT string_agg(part->>'id', E'\n')
    FROM jsonb_array_elements(coalesce(facts->'disks', '[]') || coalesce(facts->'addresses', '[]')) AS part))) $$;

-- Written by triggers with their owner's rights, and by nobody else.
CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO instance_words VALUES (NEW.id, words_of(NEW.id, NEW.facts))
  ON CONFLICT (instance_id) DO UPDATE SET words = excluded.words;
  RETURN NULL;
END $$;
CREATE TRIGGER instances_words AFTER INSERT ON instances FOR EACH ROW EXECUTE FUNCTION keep_words();
CREATE TRIGGER instances_other_words AFTER UPDATE OF facts ON instances FOR EACH ROW
  WHEN (words_of(NEW.id, NEW.facts) <> words_of(OLD.id, OLD.facts)) EXECUTE FUNCTION keep_words();
-- The triggers have locked the table, so that nothing is registered between these two.
INSERT INTO instance_words SELECT id, words_of(id, facts) FROM instances;
CREATE INDEX instance_words_parts ON instance_words USING gin (words gin_trgm_ops);

-- Down Migration
DROP TRIGGER instances_words ON instances;
DROP TRIGGER instances_other_words ON instances;
DROP FUNCTION keep_words;
DROP TABLE instance_words;
DROP FUNCTION words_of;

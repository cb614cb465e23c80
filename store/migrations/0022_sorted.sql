-- Up Migration

-- What lists of instances are sorted by: the members of each group in the order of a key that not all have (store/groups.ts). `paid_until` is the end
-- of the paid time, which each step writes; a process of the version before writes none until its instance's next step.
ALTER TABLE instances ADD COLUMN paid_until timestamptz;
UPDATE instances SET paid_until = (SELECT max((o->>'endsAt')::timestamptz) FROM jsonb_array_elements(life->'orders') AS o
  WHERE (o->>'term')::boolean) WHERE life->'orders' <> '[]';
CREATE INDEX instances_due_groups ON instances (product, region, billing, state, due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX instances_paid_groups ON instances (product, region, billing, state, paid_until, seq) WHERE paid_until IS NOT NULL;
CREATE INDEX instances_named_groups ON instances (product, region, billing, state, lower(facts->>'name'), seq) WHERE lower(facts->>'name') IS NOT NULL;
-- Timed terminations, the next one first.
CREATE INDEX instances_scheduled_due ON instances (due_at, seq) WHERE life->'termination' <> 'null';
-- Accounts by a part of their name.
CREATE INDEX accounts_parts ON accounts USING gin (lower(account) gin_trgm_ops);

-- Down Migration
DROP INDEX accounts_parts;
DROP INDEX instances_scheduled_due, instances_named_groups, instances_due_groups;
ALTER TABLE instances DROP COLUMN paid_until;

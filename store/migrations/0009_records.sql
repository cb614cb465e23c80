-- Up Migration

-- A timed termination is `scheduled` until it fires (then `done`) or is `cancelled`. `scheduled_at`: the time that it has now.
ALTER TABLE termination_items DROP CONSTRAINT termination_items_status_check;
ALTER TABLE termination_items ADD CONSTRAINT termination_items_status_check
  CHECK (status IN ('accepted', 'scheduled', 'cancelled', 'done', 'failed', 'refused'));
ALTER TABLE termination_items ADD COLUMN scheduled_at timestamptz;

-- Ids of a quote that were unknown to who asked for it, with their places among its items (L17).
ALTER TABLE quotes ADD COLUMN unknown jsonb NOT NULL DEFAULT '[]';

-- What the timeline tells of a step beside the states (L19), and where a hold stands between the steps.
-- As it was told: jsonb would put its members into another order.
ALTER TABLE steps ADD COLUMN details json;
ALTER TABLE hold_changes ADD COLUMN after_step integer;
ALTER TABLE hold_changes ADD COLUMN effective_at timestamptz;

-- What became of the parts of an instance, once it is terminated.
ALTER TABLE instances ADD COLUMN disposal jsonb;
-- What an item's quote said of them: what was agreed to is what happens, also when the rules are others by then.
ALTER TABLE termination_items ADD COLUMN plan jsonb;

CREATE INDEX instances_external_id ON instances ((facts->>'externalId')) WHERE facts ? 'externalId';
CREATE INDEX termination_items_instance ON termination_items (instance_id);
CREATE INDEX instances_scheduled ON instances (seq) WHERE life->'termination' <> 'null';

-- What the version before called done, by what its instance's timeline says of it.
UPDATE termination_items item SET scheduled_at = told.at, status = told.status, release_time = told.release_time, problem = told.problem
FROM (
  SELECT one.termination_id, one.instance_id, last.at, CASE
      WHEN after.command IS NULL THEN 'scheduled' WHEN after.command = 'fire' THEN 'done' ELSE 'cancelled' END AS status,
    CASE WHEN after.command IS NULL THEN last.at WHEN after.command = 'fire' THEN one.release_time END AS release_time,
    CASE WHEN after.command NOT IN ('fire', 'cancel') THEN
      jsonb_build_object('code', 'ENDED_OTHERWISE', 'state', after.to_state) ELSE one.problem END AS problem
  FROM termination_items one JOIN terminations t ON t.id = one.termination_id
  JOIN steps first ON first.instance_id = one.instance_id AND first.command_id = one.termination_id || '/' || one.instance_id
  LEFT JOIN LATERAL (SELECT * FROM steps s WHERE s.instance_id = one.instance_id AND s.step > first.step AND s.outcome = 'done'
    AND s.life->'termination'->>'terminationId' IS DISTINCT FROM one.termination_id ORDER BY s.step LIMIT 1) after ON true
  CROSS JOIN LATERAL (SELECT (s.life->'termination'->>'at')::timestamptz AS at FROM steps s WHERE s.instance_id = one.instance_id
    AND s.step >= first.step AND s.life->'termination'->>'terminationId' = one.termination_id ORDER BY s.step DESC LIMIT 1) last
  WHERE one.status = 'done' AND t.schedule->>'mode' = 'timed') told
WHERE (item.termination_id, item.instance_id) = (told.termination_id, told.instance_id);

-- What never came to be has no time at which it is released.
UPDATE termination_items SET release_time = NULL WHERE status IN ('failed', 'refused');

-- Down Migration
DROP INDEX instances_scheduled, instances_external_id, termination_items_instance;
ALTER TABLE instances DROP COLUMN disposal;
ALTER TABLE termination_items DROP COLUMN plan;
ALTER TABLE hold_changes DROP COLUMN after_step, DROP COLUMN effective_at;
ALTER TABLE steps DROP COLUMN details;
ALTER TABLE quotes DROP COLUMN unknown;
UPDATE termination_items SET status = 'done' WHERE status IN ('scheduled', 'cancelled');
ALTER TABLE termination_items DROP COLUMN scheduled_at;
ALTER TABLE termination_items DROP CONSTRAINT termination_items_status_check;
ALTER TABLE termination_items ADD CONSTRAINT termination_items_status_check CHECK (status IN ('accepted', 'done', 'failed', 'refused'));

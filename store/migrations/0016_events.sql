-- Up Migration

-- What others are to be told is also of accounts and agreements, not only of steps.
ALTER TABLE outbox ALTER COLUMN instance_id DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN step DROP NOT NULL;
-- Of a step it is looked up when it is published, so that a process of the version before can go on posting.
ALTER TABLE outbox ADD COLUMN account text;
-- The order in which it is told (store/outbox.ts). `id` is none: it is given before the commit, so a lower one may be seen after a higher one.
ALTER TABLE outbox ADD COLUMN position bigint UNIQUE;
CREATE SEQUENCE outbox_position;
UPDATE outbox o SET position = next.position, account = i.account
FROM (SELECT id, nextval('outbox_position') AS position FROM (SELECT id FROM outbox ORDER BY id) ordered) next, instances i
WHERE o.id = next.id AND i.id = o.instance_id;
CREATE INDEX outbox_waiting ON outbox (id) WHERE position IS NULL;
CREATE INDEX outbox_account ON outbox (account, position);

-- Down Migration
DROP INDEX outbox_account, outbox_waiting;
DELETE FROM outbox WHERE instance_id IS NULL OR step IS NULL;
ALTER TABLE outbox DROP COLUMN position, DROP COLUMN account;
DROP SEQUENCE outbox_position;
ALTER TABLE outbox ALTER COLUMN step SET NOT NULL;
ALTER TABLE outbox ALTER COLUMN instance_id SET NOT NULL;

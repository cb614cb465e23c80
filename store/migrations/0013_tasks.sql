-- Up Migration

-- What was asked by an interface of a vendor's that answers with the number of a task: by it the caller finds what has become of the command
-- (store/lives/tasks.ts). `termination_id`: of the agreement that the command is an item of; null: it was sent by itself.
CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance_id text NOT NULL REFERENCES instances,
  command_id text NOT NULL,
  termination_id text REFERENCES terminations,
  kind text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (instance_id, command_id)
);

-- Down Migration
DROP TABLE tasks;

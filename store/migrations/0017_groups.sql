-- Up Migration

-- Lists of instances by any filter, also of what there is none of (store/groups.ts): the members of each group in the order of the list.
CREATE INDEX instances_groups ON instances (product, region, billing, state, seq);
CREATE INDEX instances_account_groups ON instances (account, product, region, billing, state, seq);
CREATE INDEX instances_bin_groups ON instances (product, region, billing, purge_time, seq) WHERE state = 'isolated';
CREATE INDEX instances_account_bin_groups ON instances (account, product, region, billing, purge_time, seq) WHERE state = 'isolated';
CREATE INDEX instances_scheduled_groups ON instances (product, region, billing, seq) WHERE life->'termination' <> 'null';
CREATE INDEX instances_account_scheduled ON instances (account, seq) WHERE life->'termination' <> 'null';
DROP INDEX instances_account, instances_placed;

-- Refunds that want somebody's eye are few.
CREATE INDEX refunds_open ON refunds (status, seq) WHERE status <> 'done';

-- What an account had at an instant is what it has now without what came after it.
CREATE INDEX transactions_account_recorded ON transactions (account, recorded_at);

-- Down Migration
DROP INDEX transactions_account_recorded, refunds_open;
CREATE INDEX instances_account ON instances (account, seq);
CREATE INDEX instances_placed ON instances (product, region, seq) WHERE state <> 'terminated';
DROP INDEX instances_groups, instances_account_groups, instances_bin_groups, instances_account_bin_groups, instances_scheduled_groups,
  instances_account_scheduled;

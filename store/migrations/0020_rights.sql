-- Up Migration

-- Rights are counted by kind and time without reading their rows: an account that has returned thousands is answered as one that has not.
CREATE INDEX rights_counted ON rights (account, product, kind, status, recorded_at) WHERE status <> 'returned';
DROP INDEX rights_account;

-- Down Migration
CREATE INDEX rights_account ON rights (account, product) WHERE status <> 'returned';
DROP INDEX rights_counted;

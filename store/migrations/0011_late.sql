-- Up Migration

-- When a deadline was carried out on the instance's clock, where that was later than promised; effective_at is the promised instant (L12).
ALTER TABLE steps ADD COLUMN carried_out_at timestamptz CHECK (carried_out_at > effective_at);

-- Down Migration
ALTER TABLE steps DROP COLUMN carried_out_at;

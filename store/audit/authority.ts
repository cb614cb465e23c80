/**
 * Whose word the steps were (domain/signed.ts): what only callers of the API may do and state was signed by
 * it.
 */
import { type Check, sqlCheck } from './check';

/** A machine has arrived in the name of whoever sent it: what it books was signed then. */
const SET_OUT_SIGNED = `(SELECT o.authority = 'signed' FROM steps o WHERE o.instance_id = s.instance_id AND s.command_id = 'sunset/arrived/' || o.step)`;

/**
 * What a message that nobody vouches for may do, as the timeline names it; money that was stated comes from
 * `world:…` (J1).
 */
const SIGNED = `
  WITH began AS (SELECT min(recorded_at) AS at FROM steps WHERE authority <> 'before'),
  stated AS (SELECT DISTINCT t.instance_id, t.step FROM transactions t JOIN entries e ON e.transaction_id = t.id
    WHERE e.ledger_account LIKE 'world:%')
  SELECT s.instance_id || '/' || s.step AS id, format('%s by %s is %s', s.command, s.by,
    CASE WHEN s.authority = 'before' THEN 'of unknown authority, though steps were signed by then'
      WHEN stated.step IS NOT NULL THEN s.authority || ', and states a payment' ELSE s.authority END) AS detail
  FROM steps s CROSS JOIN began LEFT JOIN stated USING (instance_id, step)
  WHERE CASE s.authority
    WHEN 'signed' THEN s.by LIKE 'unsigned: %'
    WHEN 'sunset' THEN (stated.step IS NOT NULL AND ${SET_OUT_SIGNED} IS NOT TRUE) OR s.by <> 'sunset'
    WHEN 'unsigned' THEN stated.step IS NOT NULL OR s.by NOT LIKE 'unsigned: %' OR (s.outcome = 'done'
      AND s.command NOT IN ('terminate', 'return', 'return-renewals', 'cancel', 'restore', 'purge'))
    ELSE s.recorded_at > began.at + interval '1 day' END`;

export const AUTHORITY: Check[] = [
  sqlCheck(
    'signed',
    'every payment that was stated, and all that a signal may not do, was signed by the API',
    SIGNED,
  ),
];

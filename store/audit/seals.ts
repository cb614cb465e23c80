/**
 * What must be true of the hash chain: what was sealed is still as it was, and everything that is booked is
 * sealed (decision 23).
 */

import { GENESIS, type Head, SEALABLE, type Sealable, sealHash } from '../books/seal';
import type { Transaction } from '../db';
import { type Check, type Finding, sqlCheck } from './check';

/** Held against entries alone: whoever could change the sums could not make the entries follow. */
const daySums = sqlCheck(
  'day-sums',
  'the sums of a day are what its sealed entries add up to',
  `WITH sealed AS (
     SELECT (t.recorded_at AT TIME ZONE 'UTC')::date AS day, e.currency, ledger_class(e.ledger_account) AS class,
       -sum(least(e.amount, 0)) AS debit, sum(greatest(e.amount, 0)) AS credit
     FROM seals s JOIN transactions t ON t.id = s.transaction_id JOIN entries e ON e.transaction_id = t.id GROUP BY 1, 2, 3)
   SELECT concat_ws('/', day, currency, class) AS id,
     format('debit %s, credit %s; entries: debit %s, credit %s', d.debit, d.credit, sealed.debit, sealed.credit) AS detail
   FROM sealed FULL JOIN day_sums d USING (day, currency, class)
   WHERE (trim_scale(d.debit), trim_scale(d.credit)) IS DISTINCT FROM (trim_scale(sealed.debit), trim_scale(sealed.credit))`,
);

const monthSums = sqlCheck(
  'month-sums',
  'the sums of a month are what those of its days add up to',
  `WITH months AS (
     SELECT date_trunc('month', day::timestamp)::date AS month, currency, class, sum(debit) AS debit, sum(credit) AS credit
     FROM day_sums GROUP BY 1, 2, 3)
   SELECT concat_ws('/', month, currency, class) AS id,
     format('debit %s, credit %s; days: debit %s, credit %s', m.debit, m.credit, months.debit, months.credit) AS detail
   FROM months FULL JOIN month_sums m USING (month, currency, class)
   WHERE (trim_scale(m.debit), trim_scale(m.credit)) IS DISTINCT FROM (trim_scale(months.debit), trim_scale(months.credit))`,
);

/** As many as are in memory at once. */
const PAGE = 1000;
/**
 * A transaction waits a second for its seal. One that still waits after so long was kept out of the queue, or
 * nobody seals.
 */
const LATE_SECONDS = 60;

interface Seal extends Head {
  transactionId: string;
  /** Null when the transaction is gone. */
  sealed: Sealable | null;
}

async function readSeals(db: Transaction, after: number): Promise<Seal[]> {
  const { rows } = await db.query<
    Head & { transactionId: string } & { [K in keyof Sealable]: Sealable[K] | null }
  >(
    `SELECT s.position, s.hash, s.transaction_id AS "transactionId", ${SEALABLE}
     FROM seals s LEFT JOIN transactions t ON t.id = s.transaction_id WHERE s.position > $1 ORDER BY s.position LIMIT ${PAGE}`,
    [after],
  );
  return rows.map(({ position, hash, transactionId, id, facts, entries }) => ({
    position,
    hash,
    transactionId,
    sealed: id === null ? null : { id, facts: facts!, entries: entries! },
  }));
}

/**
 * Walks along the chain. Each hash is held against the *stored* one before it, so that one changed row is one
 * finding and not the end of everything after it. When a hash does not fit, the next link tells which it was:
 * the transaction, or its seal.
 */
class Walk {
  readonly findings: Finding[] = [];
  private before: Head = GENESIS;
  /** The row before, when it does not fit its seal, and the hash that would fit it. */
  private doubt: { id: string; position: number; fitting: string } | undefined;

  step({ position, hash, transactionId, sealed }: Seal): void {
    const { before, doubt } = this;
    this.before = { position, hash };
    const isLinked = position === before.position + 1;
    if (!isLinked)
      this.find(`seal ${before.position + 1}`, `is missing: seal ${position} follows ${before.position}`);
    if (!sealed) this.find(transactionId, `was sealed at ${position}, and is gone`);
    const fitsOther =
      doubt !== undefined && isLinked && sealed !== null && sealHash(doubt.fitting, sealed) === hash;
    this.endDoubt(fitsOther);
    if (!isLinked || !sealed || fitsOther) return;
    const fitting = sealHash(before.hash, sealed);
    if (fitting !== hash) this.doubt = { id: transactionId, position, fitting };
  }

  /**
   * @param isSealChanged the next hash was made from the one that would fit, so that the row is as it was
   * sealed, and its seal is not
   */
  endDoubt(isSealChanged = false): void {
    if (!this.doubt) return;
    const { id, position } = this.doubt;
    if (isSealChanged) this.find(id, `the hash of its seal ${position} was changed; the transaction was not`);
    else
      this.find(
        id,
        `does not fit seal ${position} after seal ${position - 1}: it was changed, or one of the two`,
      );
    this.doubt = undefined;
  }

  private find(id: string, detail: string): void {
    this.findings.push({ check: seals.name, id, detail });
  }
}

const seals: Check = {
  name: 'seals',
  title: 'every sealed transaction is as it was sealed, and the chain has no gap',
  run: async (db) => {
    const walk = new Walk();
    for (let after = 0; ; ) {
      const page = await readSeals(db, after);
      for (const seal of page) walk.step(seal);
      if (page.length < PAGE) break;
      after = page.at(-1)!.position;
    }
    walk.endDoubt();
    return walk.findings;
  },
};

const unsealed = sqlCheck(
  'unsealed',
  'what was booked more than a minute ago is sealed',
  `SELECT t.id, format('booked at %s, not sealed: %s', t.recorded_at, CASE WHEN u.seq IS NULL THEN 'it is not in the queue' ELSE 'it waits' END) AS detail
   FROM transactions t LEFT JOIN seals s ON s.transaction_id = t.id LEFT JOIN unsealed u ON u.seq = t.seq
   WHERE s.transaction_id IS NULL AND t.recorded_at < now() - make_interval(secs => $1)`,
  [LATE_SECONDS],
);

/**
 * Who rewrites a transaction and every seal after it leaves a chain that fits. What earlier audits kept of it
 * does not fit any more.
 */
const sealHeads = sqlCheck(
  'seal-heads',
  'the chain that earlier audits saw is still there',
  `SELECT a.id, format('saw seal %s as %s, now it is %s', a.head->>'position', a.head->>'hash', coalesce(s.hash, 'missing')) AS detail
   FROM audits a LEFT JOIN seals s ON s.position = (a.head->>'position')::bigint
   WHERE a.head IS NOT NULL AND s.hash IS DISTINCT FROM a.head->>'hash'`,
);

export const SEALS: Check[] = [seals, unsealed, sealHeads, daySums, monthSums];

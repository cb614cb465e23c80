/**
 * Very many instances, for what is only read: lives that were really lived are copied in SQL, with ids and accounts of
 * their own. What only the service itself can make (seals, sums of days) stays as it was.
 */
import pg from 'pg';

/** What of a table's row names the copy: its own id, those of others, its account. */
const IDS: Record<string, string[]> = {
  instances: ['id'],
  orders: ['instance_id'],
  quotes: ['id', 'termination_id'],
  terminations: ['id', 'quote_id'],
  termination_items: ['termination_id', 'instance_id', 'refund_id'],
  rights: ['termination_id', 'instance_id'],
  refunds: ['id', 'instance_id', 'termination_id', 'quote_id'],
  steps: ['instance_id', 'refund_id'],
  transactions: ['id', 'instance_id', 'refund_id'],
  entries: ['transaction_id'],
};

/** All rows are of lives that have passed triggers and foreign keys; the database is thrown away afterwards. */
const WITHOUT_CHECKS = `DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'f' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
  END LOOP;
  FOR one IN SELECT DISTINCT tgrelid::regclass AS place FROM pg_trigger WHERE NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', one.place);
  END LOOP;
END $$`;

/** Instances of an account: enough for a page, few enough to be like most. */
const PER_ACCOUNT = 50;

/** As if they had come over three years, the last of them yesterday. */
const LONG_AGO = `recorded_at - interval '1 day' - ($1::int - n) * (interval '1095 days' / $1::int)`;

/** As the sealer adds them up (migrations 0014 and 0021). */
const SUMS = `
  INSERT INTO day_sums AS d (day, currency, class, debit, credit)
  SELECT (t.recorded_at AT TIME ZONE 'UTC')::date, e.currency, ledger_class(e.ledger_account),
    coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
  FROM transactions t JOIN entries e ON e.transaction_id = t.id WHERE t.id LIKE '%~%' GROUP BY 1, 2, 3
  ON CONFLICT (day, currency, class) DO UPDATE SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit;
  TRUNCATE month_sums;
  INSERT INTO month_sums (month, currency, class, debit, credit)
  SELECT date_trunc('month', day::timestamp)::date, currency, class, sum(debit), sum(credit) FROM day_sums GROUP BY 1, 2, 3`;

/** Copies are `<number>~<id>`, so that by their ids all kinds are mixed; accounts `<account>~<number>`, but every tenth copy stays in the account that it was in. */
export async function copyLives(adminUrl: string, copies: number): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(WITHOUT_CHECKS);
    const { rows } = await admin.query<{ lives: number }>('SELECT count(*)::int AS lives FROM instances');
    const group = Math.max(1, Math.round(PER_ACCOUNT / rows[0]!.lives));
    const account = `CASE WHEN n % 10 = 0 THEN account ELSE account || '~' || n / ${group} END`;
    for (const table of ['accounts', 'balances'])
      await admin.query(
        `INSERT INTO ${table} SELECT DISTINCT ON (1, ${table === 'accounts' ? '1' : '2, 3'}) account || '~' || g.place,
           ${table === 'accounts' ? 'arrears, hold' : 'currency, source, amount'}
         FROM ${table} CROSS JOIN generate_series(0, $1::int / ${group}) AS g (place)`,
        [copies],
      );
    for (const [table, ids] of Object.entries(IDS)) {
      const columns = await columnsOf(admin, table);
      const copied = columns.map((column) => {
        if (ids.includes(column)) return `n || '~' || ${column}`;
        if (column === 'recorded_at') return LONG_AGO;
        return column === 'account' ? account : `"${column}"`;
      });
      const names = columns.map((column) => `"${column}"`).join(', ');
      await admin.query(
        `INSERT INTO ${table} (${names}) SELECT ${copied.join(', ')} FROM ${table} CROSS JOIN generate_series(1, $1::int) AS n ORDER BY n`,
        [copies],
      );
    }
    await admin.query(SUMS);
    await admin.query('VACUUM ANALYZE');
  } finally {
    await admin.end();
  }
}

async function columnsOf(admin: pg.Client, table: string): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position`,
    [table],
  );
  return rows.map(({ name }) => name);
}

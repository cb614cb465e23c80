/**
 * Instances by a part of one of their words: the id, the name, the machine's own id, the id of a disk or an address.
 * Upper and lower case are the same. What instances have in `instance_words` the database keeps by itself (migration 0019).
 */
import type { Db } from '../db';
import { asPattern } from '../pattern';

/** An index of all groups of three letters finds these; fewer letters are looked for one instance after the other. */
const INDEXED_LETTERS = 3;
/** So many are found by the index at once; of more the first ones in the list are found soon without it. */
const MOST = 1000;

/** `?` stands for the part. */
export const HAS_PART = `EXISTS (SELECT FROM instance_words w WHERE w.instance_id = i.id AND strpos(w.words, lower(?)) > 0)`;

/** The ids of those that have it, in no order; undefined where a list is to look with {@link HAS_PART}. */
export async function idsWithPart(db: Db, part: string): Promise<string[] | undefined> {
  if ([...part].length < INDEXED_LETTERS) return undefined;
  const { rows } = await db.query<{ id: string }>(
    `SELECT instance_id AS id FROM instance_words WHERE words LIKE lower($1) LIMIT ${MOST + 1}`,
    [asPattern(part)],
  );
  return rows.length > MOST ? undefined : rows.map(({ id }) => id);
}

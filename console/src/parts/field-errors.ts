/** What was refused, told at the fields that it is about. */
import { Refused } from '../api/call';

export interface FieldErrors<Field extends string> {
  /** In the API's words, by field. */
  at: Partial<Record<Field, string>>;
  /** What is about no field of the dialog; null: all is told at its field. */
  rest: Error | null;
}

/** @param codes problems of the whole request that one field is about */
export function byField<Field extends string>(
  error: Error | null,
  fields: readonly Field[],
  codes: Readonly<Record<string, Field>> = {},
): FieldErrors<Field> {
  if (!(error instanceof Refused)) return { at: {}, rest: error };
  const { code, detail, next, errors } = error.problem;
  const about = codes[code];
  const told = about ? [{ pointer: `/${about}`, detail: `${detail} ${next}` }] : errors;
  const at: FieldErrors<Field>['at'] = {};
  for (const { pointer, detail: said } of told) {
    const field = fields.find((one) => pointer === `/${one}`);
    if (field === undefined) return { at: {}, rest: error };
    at[field] = [at[field], said].filter(Boolean).join(' ');
  }
  return { at, rest: told.length === 0 ? error : null };
}

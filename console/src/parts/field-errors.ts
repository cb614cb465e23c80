/** What was refused, told at the fields that it is about. */
import { Refused } from '../api/call';

export interface FieldErrors<Field extends string> {
  /** In the API's words, by field. */
  at: Partial<Record<Field, string>>;
  /** What is about no field of the dialog; null: all is told at its field. */
  rest: Error | null;
}

/** A command that was refused, and what was sent with it. */
interface Sent {
  error: Error | null;
  variables: Record<string, unknown> | undefined;
}

/**
 * @param body as it would be sent now: what has been changed since is not wrong any more
 * @param codes problems of the whole request that one field is about
 */
export function byField<Body extends Record<string, unknown>>(
  { error, variables }: Sent,
  body: Body,
  codes: Readonly<Record<string, keyof Body & string>> = {},
): FieldErrors<keyof Body & string> {
  const fields = Object.keys(body) as (keyof Body & string)[];
  if (!(error instanceof Refused)) return { at: {}, rest: error };
  const { code, detail, next, errors } = error.problem;
  const about = codes[code];
  const told = about ? [{ pointer: `/${about}`, detail: `${detail} ${next}` }] : errors;
  const at: FieldErrors<keyof Body & string>['at'] = {};
  for (const { pointer, detail: said } of told) {
    const field = fields.find((one) => pointer === `/${one}`);
    if (field === undefined) return { at: {}, rest: error };
    if (body[field] === variables?.[field]) at[field] = [at[field], said].filter(Boolean).join(' ');
  }
  return { at, rest: told.length === 0 ? error : null };
}

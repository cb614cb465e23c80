/**
 * A route is declared once, with the schemas that validate it; the Express router and the OpenAPI document
 * are both made from the declaration, so that they can't drift apart.
 */
import { z } from 'zod';
import { type Parsed, parse } from '../../contract/issues';
import type { Permission } from '../../domain/permissions';
import type { Turns } from '../../domain/turns';
import { inTurns } from '../../store/in-turns';
import type { Caller } from '../caller';
import { invalid } from '../problem';
import type { Call, Reply } from './call';

type Method = 'get' | 'post' | 'put' | 'delete';

/** Never a body, never a query: what is not declared is refused. */
const NOTHING = z.strictObject({});

/** What a route may answer beside its problems. */
export interface Answers {
  [status: number]: {
    description: string;
    schema?: z.ZodType;
    location?: string;
    contentType?: string;
    /** Also as comma-separated values. */
    csv?: boolean;
    /** Also as a stream of server-sent events. */
    events?: boolean;
    /** A session begins or ends. */
    setsCookie?: boolean;
  };
}

/**
 * Which permission a call needs; of several, any one lets the caller in, and none of them (`[]`) lets in who
 * has a key. What depends on the body, the handler requires of `call.caller`.
 */
type Access =
  | { open: true; permission?: never; staffOnly?: never }
  // `staffOnly`: it goes over all accounts, so a key that is bound to one is refused.
  | { open?: false; permission: Permission | readonly Permission[]; staffOnly?: boolean };

interface RouteDeclaration<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  method: Method;
  /** OpenAPI style: `/v1/instances/{id}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  /** Missing: the call takes none (an empty object is let pass). */
  body?: B;
  /** For bodies whose rules go over several fields; `body` still describes them. */
  read?: (input: unknown) => Turns<Parsed<z.output<B>>>;
  answers: Answers;
  /** Codes of problems that this call can answer by status, for the document. */
  problems?: Record<number, string[]>;
  /** Takes `Prefer: respond-async`. */
  async?: boolean;
  /** Takes no Idempotency-Key, though it writes. */
  idempotency?: 'none';
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Reply>;
  /**
   * Adds to a good answer what may be shown but not stored. Repeats pass it too: they are given what `handle`
   * answered the first time.
   */
  reveal?(reply: Reply, caller: Caller): Promise<Reply>;
}

type Declaration<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = RouteDeclaration<
  P,
  Q,
  B
> &
  Access;

export interface Route {
  method: Method;
  path: string;
  tag: string;
  summary: string;
  description: string | undefined;
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodType | undefined;
  answers: Answers;
  problems: Record<number, string[]>;
  idempotency: 'required' | 'optional' | 'none';
  async: boolean;
  /** Needs no key. */
  open: boolean;
  /** Any one of them lets the caller in. Empty: whoever has a key, or the call is open. */
  permissions: readonly Permission[];
  /** Goes over all accounts: keys that are bound to one are refused. */
  staffOnly: boolean;
  /** Validates everything at once, then handles. Throws a `Problem`. */
  run(call: Call): Promise<Reply>;
  /** Comes after what is stored for repeats. Throws a `Problem`. */
  reveal(reply: Reply, caller: Caller): Promise<Reply>;
}

const KEYS = { get: 'none', post: 'required', put: 'optional', delete: 'none' } as const;

type Empty = typeof NOTHING;

export function route<
  P extends z.ZodObject = Empty,
  Q extends z.ZodObject = Empty,
  B extends z.ZodType = Empty,
>(declaration: Declaration<P, Q, B>): Route {
  const { method, path, tag, summary, answers, handle } = declaration;
  const params = declaration.params ?? (NOTHING as z.ZodObject);
  const query = declaration.query ?? (NOTHING as z.ZodObject);
  const { read } = declaration;
  const readBody = async (input: unknown) =>
    read ? await inTurns(read(input)) : parse(declaration.body ?? NOTHING, input ?? {});
  return {
    method,
    path,
    tag,
    summary,
    description: declaration.description,
    params,
    query,
    body: declaration.body,
    answers,
    problems: declaration.problems ?? {},
    idempotency: declaration.idempotency ?? KEYS[method],
    async: declaration.async ?? false,
    open: declaration.open ?? false,
    permissions: [declaration.permission ?? []].flat(),
    staffOnly: declaration.staffOnly ?? false,
    reveal: async (reply, caller) =>
      declaration.reveal && reply.status < 300 ? await declaration.reveal(reply, caller) : reply,
    run: async (call) => {
      const parsed = [
        parse(params, call.params),
        parse(query, call.query),
        await readBody(call.body),
      ] as const;
      const issues = parsed.flatMap((one) => (one.ok ? [] : one.issues));
      const [p, q, b] = parsed;
      if (!p.ok || !q.ok || !b.ok) throw invalid(issues);
      return await handle({
        ...call,
        params: p.value as z.output<P>,
        query: q.value as z.output<Q>,
        body: b.value as z.output<B>,
      });
    },
  };
}

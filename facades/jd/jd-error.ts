/** An answer of the vendor's that is an error: its status, which is also that of HTTP, and a sentence. */
import type { Text } from '../../domain/text';

/** `error.status` with `error.code`. */
export const STATUSES = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

export type Status = keyof typeof STATUSES;

export class JdError extends Error {
  constructor(
    readonly status: Status,
    readonly text: Text,
    readonly headers: Record<string, string> = {},
  ) {
    super(status);
  }
}

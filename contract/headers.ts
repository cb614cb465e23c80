/** Headers that both sides name; apart from the schemas, so that a page has them without zod. */

/** What writes with a session carry: the session's `csrfToken`. */
export const CSRF_HEADER = 'X-CSRF-Token';

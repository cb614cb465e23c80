/** The states of an instance; apart from the schemas, so that a page has them without zod. */
export { STATES } from '../domain/instance';

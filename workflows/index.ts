/** What the worker bundles. */
export { instance } from './instance';

/** What the worker bundles. */
export { audit } from './audit';
export { instance } from './instance';

/** What the worker bundles. */
export { audit } from './audit';
export { drift } from './drift';
export { instance } from './instance';

export { bare } from './bare';
export { naive } from './naive';

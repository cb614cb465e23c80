/** Redis 2018-04-12. */
import type { Service } from '../action';
import { changes } from './changes';
import { codeOf } from './codes';
import { protection } from './protection';
import { reads } from './reads';

export const redis: Service = {
  name: 'redis',
  version: '2018-04-12',
  product: 'tencent-redis',
  actions: [...reads, ...changes, ...protection],
  codeOf,
  codeOfIssue: () => undefined,
};

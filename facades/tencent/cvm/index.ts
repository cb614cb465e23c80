/** CVM 2017-03-12. */
import type { Service } from '../action';

export const cvm: Service = {
  name: 'cvm',
  version: '2017-03-12',
  product: 'tencent-cvm',
  actions: [],
  codeOf: () => undefined,
  codeOfIssue: () => undefined,
};

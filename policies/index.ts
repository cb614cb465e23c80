/** The products that Sunset knows: one file each. To add a product, write its file and name it here. */
import type { Policy } from '../domain/policy';
import { jdVm } from './jd-vm';
import { tencentCvm } from './tencent-cvm';
import { tencentRedis } from './tencent-redis';

export const POLICIES: readonly Policy[] = [tencentCvm, tencentRedis, jdVm];

export const policyFor = (product: string): Policy | undefined =>
  POLICIES.find((policy) => policy.product === product);

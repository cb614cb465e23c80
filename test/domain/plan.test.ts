import type { Address, Disk } from '../../domain/instance';
import { planFor } from '../../domain/plan';
import { jdVm } from '../../policies/jd-vm';
import { tencentCvm } from '../../policies/tencent-cvm';
import { tencentRedis } from '../../policies/tencent-redis';
import { facts, prices } from '../fixtures/domain';

const disks: Disk[] = [
  { id: 'system', kind: 'system', storage: 'local' },
  { id: 'cloud', kind: 'data', storage: 'cloud' },
  { id: 'cloud-kept', kind: 'data', storage: 'cloud', deleteWithInstance: false },
  { id: 'cloud-goes', kind: 'data', storage: 'cloud', deleteWithInstance: true },
  { id: 'elastic', kind: 'data', storage: 'elastic', month: '10.5' },
  { id: 'elastic-goes', kind: 'data', storage: 'elastic', deleteWithInstance: true },
];
const addresses: Address[] = [
  { id: 'public', kind: 'public' },
  { id: 'eip', kind: 'elastic', month: '3' },
];

function fates(policy: typeof tencentCvm) {
  const { terminate, retain } = planFor('ins-1', facts({ disks, addresses }), policy.disposal);
  return { terminate: terminate.map(({ id }) => id), retain: retain.map(({ id }) => id) };
}

describe('L4, 000-14 the plan', () => {
  it('L4, 003-19, 003-20 CVM: local and non-elastic cloud disks go, elastic ones and elastic addresses stay', () => {
    expect(fates(tencentCvm)).toEqual({
      terminate: ['ins-1', 'system', 'cloud', 'cloud-kept', 'cloud-goes', 'public'],
      retain: ['elastic', 'elastic-goes', 'eip'],
    });
  });

  it('L4, 001-12 Redis: addresses are released with the destruction', () => {
    const { terminate, retain } = fates(tencentRedis);
    expect(terminate).toEqual(expect.arrayContaining(['ins-1', 'public', 'eip']));
    expect(retain).toEqual([]);
  });

  it('L4, 002-07, 002-08 JD: cloud disks follow their attribute, elastic addresses stay', () => {
    expect(fates(jdVm)).toEqual({
      terminate: ['ins-1', 'system', 'cloud-goes', 'elastic-goes', 'public'],
      retain: ['cloud', 'cloud-kept', 'elastic', 'eip'],
    });
  });

  it('says why something stays, in both languages, and what keeping it costs', () => {
    const { retain } = planFor(
      'ins-1',
      facts({ disks, addresses, prices: prices({ currency: 'CNY' }) }),
      tencentCvm.disposal,
    );
    for (const { reason } of retain) {
      expect(reason.en).not.toBe('');
      expect(reason.zh).toMatch(/\p{Script=Han}/u);
    }
    expect(retain.map(({ monthly }) => monthly)).toEqual([
      { currency: 'CNY', amount: '10.50' },
      undefined,
      { currency: 'CNY', amount: '3.00' },
    ]);
  });

  it('destroys nothing that no rule names', () => {
    const { terminate, retain } = planFor('ins-1', facts({ disks, addresses }), []);
    expect(terminate).toEqual([{ kind: 'instance', id: 'ins-1' }]);
    expect(retain).toHaveLength(disks.length + addresses.length);
  });
});

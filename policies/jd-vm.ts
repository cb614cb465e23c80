import type { Policy, WorkedExample } from '../domain/policy';

const postpaid: WorkedExample['instance'] = {
  id: 'i-example',
  account: '200001',
  product: 'jd-vm',
  billing: 'postpaid',
  state: 'stopped',
  region: 'cn-north-1',
  type: 'g.n2.medium',
  monthlySettled: false,
  network: { billing: 'traffic' },
  orders: [],
  disks: [
    { id: 'vol-1', kind: 'data', storage: 'cloud', deleteWithInstance: true },
    { id: 'vol-2', kind: 'data', storage: 'cloud', deleteWithInstance: false },
  ],
  addresses: [{ id: 'fip-1', kind: 'elastic' }],
};
const prepaid: WorkedExample['instance'] = {
  ...postpaid,
  billing: 'prepaid',
  prices: { version: '2026-11', currency: 'CNY', month: '60' },
  orders: [
    {
      id: 'o1',
      kind: 'purchase',
      channel: 'standard',
      months: 1,
      startsAt: '2026-11-01T00:00:00+08:00',
      endsAt: '2026-12-01T00:00:00+08:00',
      paid: { cash: '60', gift: '0', income: '0', voucher: '0' },
    },
  ],
};
const none = { fiveDay: 0, ordinary: 0 };

export const jdVm: Policy = {
  product: 'jd-vm',
  version: '2026-11',
  name: { en: 'JD Cloud VM', zh: '京东云云主机' },
  sources: ['002'],
  lifecycle: {
    version: '2026-11',
    end: {
      // 002-02, 002-17: stopped first; no bin, no timed mode, no refund.
      postpaid: {
        action: 'terminate',
        requires: ['stopped'],
        modes: { now: { into: 'terminated' } },
        refusedInArrears: false,
      },
      // 002-05: only after expiry.
      prepaid: {
        action: 'terminate',
        requires: ['stopped', 'expired'],
        modes: { now: { into: 'terminated' } },
        refusedInArrears: false,
      },
    },
    expiry: { into: 'expired' },
    timedMaxYears: 3,
  },
  knobs: {
    timeZone: 'Asia/Shanghai',
    networkUsage: 'hourly',
    hoursAfterUpgrade: 'stop',
    capPartMonth: false,
    fiveDayWindow: 'elapsed',
    fiveDayCount: 0,
    fiveDayPeriodDays: null,
    ordinaryCount: 0,
    ordinaryPeriodDays: null,
    approvalThreshold: null,
  },
  returns: null,
  disposal: [
    // 002-07: cloud disks follow their delete attribute; nothing said = kept.
    {
      part: 'disk',
      storage: 'local',
      fate: 'terminate',
      reason: { en: 'Goes with the instance.', zh: '随实例一并删除。' },
    },
    {
      part: 'disk',
      fate: 'attribute',
      reason: { en: 'Its delete attribute says keep.', zh: '云硬盘的删除属性为保留。' },
    },
    // 002-08.
    {
      part: 'address',
      kind: 'elastic',
      fate: 'retain',
      reason: {
        en: 'Elastic IPs are kept; delete them separately to avoid cost.',
        zh: '弹性公网 IP 会保留，如不需要请单独删除以免产生费用。',
      },
    },
    { part: 'address', fate: 'terminate', reason: { en: 'Goes with the instance.', zh: '随实例一并释放。' } },
  ],
  notices: [
    {
      code: 'DATA_LOST',
      message: {
        en: 'After deletion all data is cleared and cannot be restored. Make a private image or a cloud disk snapshot first.',
        zh: '删除后数据将被清除且不可恢复，请先制作私有镜像或云硬盘快照。',
      },
    },
  ],
  examples: [
    {
      rule: '002-02',
      title: 'stopped: deleted at once',
      instance: postpaid,
      action: 'terminate',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: true, kind: 'none', amount: '0.00', releaseAfterSeconds: 0 },
    },
    {
      rule: '002-03',
      title: 'running: stop it first',
      instance: { ...postpaid, state: 'running' },
      action: 'terminate',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: false, blockers: ['NOT_STOPPED'] },
    },
    {
      rule: '002-04',
      title: 'an operation in progress: wait',
      instance: { ...postpaid, state: 'changing' },
      action: 'terminate',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: false, blockers: ['BUSY'] },
    },
    {
      rule: '002-05',
      title: 'monthly package before expiry: not allowed',
      instance: prepaid,
      action: 'terminate',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: false, blockers: ['NOT_EXPIRED'] },
    },
    {
      rule: '002-05',
      title: 'monthly package after expiry: deleted',
      instance: { ...prepaid, state: 'expired' },
      action: 'terminate',
      at: '2026-12-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: true, kind: 'none', amount: '0.00', releaseAfterSeconds: 0 },
    },
  ],
};

/**
 * What Terraform's provider for Tencent Cloud calls to destroy, by the vendor's Go SDK
 * (test/vendor-apis/terraform), with what it goes by: task and deal, status and state, the codes that it repeats.
 */
import { join } from 'node:path';
import { PERMISSIONS } from '../../domain/permissions';
import { GO_READY_MS, type GoProgram, goProgram } from '../support/go';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  type Fields,
  hoursAgo,
  instanceOf,
  newAccount,
  newId,
  redisPostpaid,
  redisPrepaid,
  register,
} from '../support/lives';
import { auditAtEnd, useService } from '../support/service';

const { http } = useService({}, auditAtEnd);

let program: GoProgram;
beforeAll(async () => {
  program = await goProgram(join(__dirname, '../vendor-apis/terraform'));
}, GO_READY_MS);
afterAll(() => program?.remove());

interface Destroyed {
  code: number;
  /** Each with the vendor's code. */
  calls: string[];
  /** null: it was never registered. */
  state: string | null;
  err: string;
}

interface Destroy {
  registration?: (more: Fields) => Fields;
  more?: Fields;
  before?: (account: string, id: string) => Promise<unknown>;
  force?: boolean;
}

async function destroy(
  product: 'redis' | 'cvm',
  { registration, more, before, force = false }: Destroy,
): Promise<Destroyed> {
  const account = newAccount();
  const pair = await makeKey(http, { account, name: 'terraform', permissions: PERMISSIONS });
  const id = newId(product === 'redis' ? 'crs' : 'ins');
  if (registration) await register(http, registration({ account, ...more }), id);
  await before?.(account, id);
  const args = [product, new URL(http.url).host, pair.secretId, pair.secretKey, id, String(force)];
  const { code, out, err } = await program.run(args);
  const state = registration ? (await instanceOf(http, id)).state : null;
  return { code, calls: out.trim().split('\n'), state, err };
}

const destroyed = (calls: string[], state: string | null): Destroyed => ({
  code: 0,
  calls: calls.map((call) => `${call} OK`),
  state,
  err: '',
});

const GONE: [string, 'redis' | 'cvm', Destroy, Destroyed][] = [
  [
    '001-36: a pay-as-you-go Redis',
    'redis',
    { registration: redisPostpaid },
    destroyed(['DescribeInstances', 'DestroyPostpaidInstance', 'DescribeTaskInfo'], 'isolated'),
  ],
  [
    '001-36, L6: a pay-as-you-go Redis, force_delete',
    'redis',
    { registration: redisPostpaid, force: true },
    destroyed(
      [
        'DescribeInstances',
        'DestroyPostpaidInstance',
        'DescribeTaskInfo',
        'CleanUpInstance',
        'DescribeTaskInfo',
      ],
      'terminated',
    ),
  ],
  [
    '001-37: a prepaid Redis',
    'redis',
    { registration: redisPrepaid },
    destroyed(['DescribeInstances', 'DestroyPrepaidInstance', 'DescribeInstances'], 'isolated'),
  ],
  [
    '001-37, L6: a prepaid Redis, force_delete',
    'redis',
    { registration: redisPrepaid, force: true },
    destroyed(
      [
        'DescribeInstances',
        'DestroyPrepaidInstance',
        'DescribeInstances',
        'CleanUpInstance',
        'DescribeTaskInfo',
      ],
      'terminated',
    ),
  ],
  ['a Redis that there is not', 'redis', {}, destroyed(['DescribeInstances'], null)],
  [
    'a pay-as-you-go CVM, which needs no force_delete',
    'cvm',
    { registration: cvmPostpaid, force: true },
    destroyed(['DescribeInstances', 'TerminateInstances', 'DescribeInstances'], 'terminated'),
  ],
  [
    'a prepaid CVM',
    'cvm',
    { registration: cvmPrepaid },
    destroyed(['DescribeInstances', 'TerminateInstances', 'DescribeInstances'], 'isolated'),
  ],
  [
    'L6: a prepaid CVM, force_delete',
    'cvm',
    { registration: cvmPrepaid, force: true },
    destroyed(
      [
        'DescribeInstances',
        'TerminateInstances',
        'DescribeInstances',
        'TerminateInstances',
        'DescribeInstances',
      ],
      'terminated',
    ),
  ],
  ['a CVM that there is not', 'cvm', {}, destroyed(['DescribeInstances'], null)],
];

it.each(GONE)('destroys %s', async (_, product, how, expected) => {
  expect(await destroy(product, how)).toEqual(expected);
});

const spendRights = (registration: (more: Fields, startsAt: string) => Fields) => async (account: string) => {
  // One within the five days, three after them.
  for (const hours of [48, 500, 500, 500])
    await end(http, [await register(http, registration({ account }, hoursAgo(hours)))], { action: 'return' });
};
const protect = async (_: string, id: string) =>
  expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'keep' }), 200);

const REFUSED: [string, 'redis' | 'cvm', Destroy, string][] = [
  [
    '001-20: Redis with the quota used',
    'redis',
    { registration: redisPrepaid, before: spendRights(redisPrepaid) },
    'DestroyPrepaidInstance LimitExceeded',
  ],
  [
    'L7: protected Redis',
    'redis',
    { registration: redisPostpaid, before: protect },
    'DestroyPostpaidInstance UnsupportedOperation',
  ],
  [
    'CVM with the quota used',
    'cvm',
    { registration: cvmPrepaid, before: spendRights(cvmPrepaid) },
    'TerminateInstances LimitExceeded.UserReturnQuota',
  ],
  [
    'L7: protected CVM',
    'cvm',
    { registration: cvmPostpaid, before: protect },
    'TerminateInstances UnsupportedOperation.InstancesProtected',
  ],
];

it.each(REFUSED)('fails at once, and repeats nothing: %s', async (_, product, how, refused) => {
  expect(await destroy(product, how)).toEqual({
    code: 1,
    calls: ['DescribeInstances OK', refused],
    state: 'running',
    err: expect.stringMatching(/\S/),
  });
});

it('L11: a busy Redis is waited for, as the provider does', async () => {
  const { calls, ...rest } = await destroy('redis', {
    registration: redisPostpaid,
    more: { state: 'changing' },
    before: async (_, id) => {
      // Ends while the program looks again and again.
      setTimeout(
        () => void http.post(`/v1/instances/${id}/operations/end`, { power: 'running' }).catch(() => {}),
        1000,
      );
    },
  });
  expect(rest).toEqual({ code: 0, state: 'isolated', err: '' });
  const [looks, others] = [calls.slice(0, -2), calls.slice(-2)];
  expect(new Set(looks)).toEqual(new Set(['DescribeInstances OK']));
  expect(looks.length).toBeGreaterThan(1);
  expect(others).toEqual(['DestroyPostpaidInstance OK', 'DescribeTaskInfo OK']);
});

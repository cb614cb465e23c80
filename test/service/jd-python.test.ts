/** JD Cloud's own interface, asked by its unmodified SDK for Python, which signs in the newer way (JDCLOUD3). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pair, REGION } from '../support/jd';
import { makeKey } from '../support/keys';
import { DAY, type Fields, instanceOf, jdPostpaid, newAccount, newId, register } from '../support/lives';
import { PYTHON_READY_MS, type Python, venvWith } from '../support/python';
import { auditAtEnd, useService } from '../support/service';

const { http } = useService({}, auditAtEnd);

const PACKAGES = [
  'jdcloud_sdk==1.6.354',
  'certifi==2026.10.19.post1',
  'charset-normalizer==3.5.3',
  'idna==3.20',
  'requests==2.34.2',
  'urllib3==2.8.0',
];

/** Makes calls one after the other, and prints what the SDK made of each answer. */
const PROGRAM = `
import importlib, json, sys
from jdcloud_sdk.core.config import Config
from jdcloud_sdk.core.const import SCHEME_HTTP
from jdcloud_sdk.core.credential import Credential
from jdcloud_sdk.core.logger import FATAL, Logger
from jdcloud_sdk.services.vm.client.VmClient import VmClient

given = json.loads(sys.argv[1])
client = VmClient(
    Credential(given['key'], given['secret']), Config(given['endpoint'], SCHEME_HTTP), Logger(FATAL)
)

def send(name, required, optional):
    module = importlib.import_module('jdcloud_sdk.services.vm.apis.%sRequest' % name)
    parameters = getattr(module, name + 'Parameters')(**required)
    for setter, value in optional.items():
        getattr(parameters, 'set' + setter)(value)
    answer = client.send(getattr(module, name + 'Request')(parameters))
    error = answer.error and {
        'code': answer.error.code, 'status': answer.error.status, 'message': answer.error.message
    }
    return {'requestId': answer.request_id, 'error': error, 'result': answer.result}

print(json.dumps([send(*call) for call in given['calls']]))
`;

let python: Python;
beforeAll(async () => {
  python = await venvWith(PACKAGES);
}, PYTHON_READY_MS);

type Call = [name: string, required: Fields, optional?: Fields];

async function ask({ secretId, secretKey }: Pair, calls: Call[]): Promise<unknown[]> {
  const given = {
    key: secretId,
    secret: secretKey,
    endpoint: new URL(http.url).host,
    calls: calls.map(([name, required, optional = {}]) => [
      name,
      { regionId: REGION, ...required },
      optional,
    ]),
  };
  const { code, out, err } = await python.run(PROGRAM, [JSON.stringify(given)]);
  if (code !== 0) throw new Error(`${out}${err}`);
  return JSON.parse(out) as unknown[];
}

const good = (result: unknown = null) => ({ requestId: expect.stringMatching(/./), error: null, result });
const bad = (code: number, status: string, message: RegExp) => ({
  requestId: expect.stringMatching(/./),
  error: { code, status, message: expect.stringMatching(message) },
  result: null,
});

/** As clocks in Beijing show it. */
const tomorrow = (): string =>
  new Date(Date.now() + DAY + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

async function customer() {
  const account = newAccount();
  const pair: Pair = await makeKey(http, {
    account,
    name: 'script',
    permissions: ['read', 'power', 'terminate'],
  });
  const own = (more: Fields = {}) =>
    register(http, jdPostpaid({ account, region: REGION, ...more }), newId('i'));
  return { pair, own };
}

it('lists, looks, starts, stops, gives a time and deletes', async () => {
  const { pair, own } = await customer();
  const [id, other] = [await own({ name: 'web ü+*~ (1)' }), await own({ state: 'running' })];
  const at = tomorrow();
  const one = { instanceId: id };
  const answers = await ask(pair, [
    ['DescribeInstances', {}, { PageNumber: 1, PageSize: 10 }],
    [
      'DescribeInstances',
      {},
      {
        Filters: [
          { name: 'status', values: ['stopped', 'error'] },
          { name: 'name', values: ['web ü+*~ (1)'] },
        ],
      },
    ],
    ['DescribeInstance', one],
    ['DescribeInstanceStatus', {}, { Filters: [{ name: 'instanceId', values: [other] }] }],
    ['StartInstance', one],
    ['StopInstance', one, { ChargeOnStopped: 'keepCharging' }],
    ['ModifyInstanceReleaseTime', {}, { InstanceIds: [id], AutoReleaseTime: at }],
    ['DescribeInstance', one],
    ['ModifyInstanceReleaseTime', {}, { InstanceIds: [id], AutoReleaseTime: '' }],
    ['DeleteInstance', one, { DeletePrimaryNetworkInterfaceAllElasticIp: false }],
    ['DescribeInstances', {}],
  ]);
  const shown = { instanceId: id, status: 'stopped' };
  const running = { instanceId: other, status: 'running' };
  expect(answers).toEqual([
    good({ instances: [expect.objectContaining(shown), expect.objectContaining(running)], totalCount: 2 }),
    good({ instances: [expect.objectContaining(shown)], totalCount: 1 }),
    good({ instance: expect.objectContaining(shown) }),
    good({ instanceStatuses: [running], totalCount: 1 }),
    // The SDK takes an empty result for none.
    good(),
    good(),
    good(),
    good({ instance: expect.objectContaining({ ...shown, autoReleaseTime: at }) }),
    good(),
    good(),
    good({ instances: [expect.objectContaining(running)], totalCount: 1 }),
  ]);
  expect((await instanceOf(http, id)).state).toBe('terminated');
});

it('is told each refusal', async () => {
  const { pair, own } = await customer();
  const [stopped, running] = [await own(), await own({ state: 'running' })];
  const answers = await ask(pair, [
    ['DescribeInstances', {}, { PageSize: 5 }],
    ['DescribeInstances', {}, { Filters: [{ name: 'vpcId', values: ['vpc-1'] }] }],
    ['DescribeInstance', { instanceId: 'i-none' }],
    ['DescribeInstanceStatus', {}, { PageNumber: 0 }],
    ['StartInstance', { instanceId: running }],
    ['StopInstance', { instanceId: stopped }],
    ['ModifyInstanceReleaseTime', {}, { InstanceIds: [running], AutoReleaseTime: tomorrow() }],
    ['ModifyInstanceReleaseTime', {}, { InstanceIds: [stopped], AutoReleaseTime: '2020-01-01 00:00:00' }],
    ['DeleteInstance', { instanceId: running }],
    ['DeleteInstance', { instanceId: stopped }, { DeletePrimaryNetworkInterfaceAllElasticIp: true }],
    ['RebootInstance', { instanceId: running }],
  ]);
  expect(answers).toEqual([
    bad(400, 'INVALID_ARGUMENT', /^pageSize must be at least 10/),
    bad(400, 'INVALID_ARGUMENT', /^filters.1.name is not one of/),
    bad(404, 'NOT_FOUND', /i-none/),
    bad(400, 'INVALID_ARGUMENT', /^pageNumber must be at least 1/),
    bad(400, 'FAILED_PRECONDITION', new RegExp(`^${running}: `)),
    bad(400, 'FAILED_PRECONDITION', new RegExp(`^${stopped}: `)),
    bad(400, 'FAILED_PRECONDITION', /is running/),
    bad(400, 'INVALID_ARGUMENT', /^autoReleaseTime/),
    bad(400, 'FAILED_PRECONDITION', /is running/),
    bad(400, 'INVALID_ARGUMENT', /^deletePrimaryNetworkInterfaceAllElasticIp/),
    bad(404, 'NOT_FOUND', /no such call/),
  ]);
  expect((await instanceOf(http, stopped)).state).toBe('stopped');
});

it('a wrong secret is refused', async () => {
  const { pair } = await customer();
  expect(await ask({ ...pair, secretKey: 'x' }, [['DescribeInstances', {}]])).toEqual([
    bad(401, 'UNAUTHENTICATED', /not signed by/),
  ]);
});

it('the example of the docs works as written', async () => {
  const { pair, own } = await customer();
  const id = await own();
  const at = tomorrow();
  await ask(pair, [['ModifyInstanceReleaseTime', {}, { InstanceIds: [id], AutoReleaseTime: at }]]);
  expect((await instanceOf(http, id)).termination).not.toBeNull();
  const example = readFileSync(join(__dirname, '../../docs/examples/jd-vm.py'), 'utf8');
  const env = { SUNSET: http.url, SECRET_ID: pair.secretId, SECRET_KEY: pair.secretKey };
  expect(await python.run(example, [id], env)).toEqual({ code: 0, out: `${id} stopped\n`, err: '' });
  expect((await instanceOf(http, id)).termination).toBeNull();
});

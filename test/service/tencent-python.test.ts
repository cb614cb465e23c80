/**
 * Tencent Cloud's SDKs for Python, unmodified. They take an error for a good answer when its Content-Type has a
 * charset, so that a script would go on as if its instance had been destroyed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERMISSIONS } from '../../domain/permissions';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  type Fields,
  instanceOf,
  newAccount,
  newId,
  redisPostpaid,
  register,
} from '../support/lives';
import { PYTHON_READY_MS, type Python, venvWith } from '../support/python';
import { auditAtEnd, useService } from '../support/service';
import type { Pair } from '../support/tencent';

const PACKAGES = [
  'tencentcloud-sdk-python-common==3.1.195',
  'tencentcloud-sdk-python-cvm==3.1.178',
  'tencentcloud-sdk-python-redis==3.1.189',
  'certifi==2026.10.19.post1',
  'charset-normalizer==3.5.3',
  'idna==3.20',
  'requests==2.34.2',
  'urllib3==2.8.0',
];

/** Calls an action as a script would, and prints what the SDK gave or raised. */
const PROGRAM = `
import importlib, json, sys
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

asked = json.loads(sys.argv[1])
module = asked["product"] + ".v" + asked["version"].replace("-", "")
client = importlib.import_module(f"tencentcloud.{module}.{asked['product']}_client")
models = importlib.import_module(f"tencentcloud.{module}.models")

http = HttpProfile(protocol="http", endpoint=asked["endpoint"], reqMethod=asked["method"])
profile = ClientProfile(signMethod=asked["sign"], httpProfile=http, language="en-US")
pair = credential.Credential(asked["secretId"], asked["secretKey"])
cloud = getattr(client, asked["product"].capitalize() + "Client")(pair, "ap-guangzhou", profile)

answers = []
for action, params in asked["calls"]:
    request = getattr(models, action + "Request")()
    request.from_json_string(json.dumps(params))
    try:
        answers.append({"answer": json.loads(getattr(cloud, action)(request).to_json_string())})
    except TencentCloudSDKException as error:
        answers.append({"code": error.get_code(), "message": error.get_message(), "id": error.get_request_id()})
print(json.dumps(answers))
`;

const { http } = useService({}, auditAtEnd);

let python: Python;
beforeAll(async () => {
  python = await venvWith(PACKAGES);
}, PYTHON_READY_MS);

type Call = [action: string, params: Fields];

interface Client {
  method: 'GET' | 'POST';
  sign: 'TC3-HMAC-SHA256' | 'HmacSHA1' | 'HmacSHA256';
}

interface Product {
  product: 'cvm' | 'redis';
  version: string;
  registration: (more: Fields) => Fields;
  kind: string;
  /** Of an id. */
  list: (id: string) => Call;
  end: (id: string) => Call;
  ended: Fields;
  missing: string;
}

const PRODUCTS: Product[] = [
  {
    product: 'redis',
    version: '2018-04-12',
    registration: redisPostpaid,
    kind: 'crs',
    list: (id) => ['DescribeInstances', { InstanceIds: [id], Status: [2], Limit: 5 }],
    end: (id) => ['DestroyPostpaidInstance', { InstanceId: id }],
    ended: { TaskId: expect.any(Number) },
    missing: 'ResourceNotFound.InstanceNotExists',
  },
  {
    product: 'cvm',
    version: '2017-03-12',
    registration: cvmPostpaid,
    kind: 'ins',
    list: (id) => ['DescribeInstances', { InstanceIds: [id], Limit: 5 }],
    end: (id) => ['TerminateInstances', { InstanceIds: [id] }],
    ended: {},
    missing: 'InvalidInstanceId.NotFound',
  },
];

const CLIENTS: Client[] = [
  { method: 'POST', sign: 'TC3-HMAC-SHA256' },
  { method: 'GET', sign: 'TC3-HMAC-SHA256' },
  { method: 'POST', sign: 'HmacSHA1' },
  { method: 'GET', sign: 'HmacSHA256' },
];

const CELLS = PRODUCTS.flatMap((product) =>
  CLIENTS.map((client) => [`${product.product}, ${client.sign}, ${client.method}`, product, client] as const),
);

type Answers = [{ answer: Fields }, Fields, { answer: Fields }, { answer: Fields }];

it.each(CELLS)('%s: a good answer, and an exception for a refused call', async (_, product, client) => {
  const account = newAccount();
  const pair = (await makeKey(http, { account, name: 'python', permissions: PERMISSIONS })) as Pair;
  const id = await register(http, product.registration({ account }), newId(product.kind));
  const none = newId(product.kind);
  const asked = {
    ...pair,
    ...client,
    product: product.product,
    version: product.version,
    endpoint: new URL(http.url).host,
    calls: [product.list(id), product.end(none), product.end(id), product.list(id)],
  };
  const { out, err } = await python.run(PROGRAM, [JSON.stringify(asked)]);
  expect(err).toBe('');
  const [listed, refused, ended, after] = JSON.parse(out) as Answers;
  expect(listed.answer).toMatchObject({ TotalCount: 1, InstanceSet: [{ InstanceId: id }] });
  expect(refused).toEqual({
    code: product.missing,
    message: expect.stringContaining(none),
    id: expect.stringMatching(/^[\w-]{36}$/),
  });
  expect(ended.answer).toEqual({ ...product.ended, RequestId: expect.any(String) });
  expect(after.answer).toMatchObject({ TotalCount: 0, InstanceSet: [] });
  expect(await instanceOf(http, id)).toMatchObject({
    state: product.product === 'redis' ? 'isolated' : 'terminated',
  });
});

it('a wrong secret is an exception too', async () => {
  const pair = (await makeKey(http, { account: null, name: 'script', permissions: ['read'] })) as Pair;
  const asked = {
    ...pair,
    ...CLIENTS[0],
    secretKey: 'another',
    product: 'redis',
    version: '2018-04-12',
    endpoint: new URL(http.url).host,
    calls: [['DescribeInstances', {}]],
  };
  const { out } = await python.run(PROGRAM, [JSON.stringify(asked)]);
  expect(JSON.parse(out)).toMatchObject([{ code: 'AuthFailure.SignatureFailure' }]);
});

it('the example of docs/vendor-apis.md: destroyed, and what is missing is refused', async () => {
  const account = newAccount();
  const pair = (await makeKey(http, { account, name: 'script', permissions: PERMISSIONS })) as Pair;
  const id = await register(http, redisPostpaid({ account }), newId('crs'));
  const settings = { SECRET_ID: pair.secretId, SECRET_KEY: pair.secretKey, SUNSET: http.url };
  const example = readFileSync(join(__dirname, '../../docs/examples/tencent-redis.py'), 'utf8');
  const program = `import os\nos.environ.update(${JSON.stringify(settings)})\n${example}`;
  expect(await python.run(program, [id, newId('crs')])).toEqual({
    code: 0,
    out: expect.stringMatching(
      new RegExp(
        `^${id} succeed Isolated [-0-9]{10} [0-9:]{8}\nResourceNotFound.InstanceNotExists crs-.*\n$`,
      ),
    ),
    err: '',
  });
});

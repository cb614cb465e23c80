/** `sunset import ec2`: what is at EC2 (moto) becomes instances of the real service. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listMachines } from '../../drivers/ec2/list';
import { sunset } from '../support/command';
import { cvmPostpaid, end, instanceOf, newAccount, newId, register } from '../support/lives';
import { type Made, Moto, REGION } from '../support/moto';
import { PYTHON_READY_MS } from '../support/python';
import { useService } from '../support/service';

const moto = new Moto();
const folder = mkdtempSync(join(tmpdir(), 'sunset-import-'));
const { http } = useService();
const rules = join(folder, 'control-planes.yaml');
const tags = (...Tags: [string, string][]) => ({
  TagSpecifications: [{ ResourceType: 'instance', Tags: Tags.map(([Key, Value]) => ({ Key, Value })) }],
});

const account = newAccount();
let running: Made & { address: string };
let stopped: Made;

beforeAll(async () => {
  await moto.start();
  writeFileSync(
    rules,
    `
- match: { product: tencent-cvm, region: ${REGION} }
  driver: ec2
  name: frankfurt
  endpoint: ${moto.url}
- match: { product: jd-vm, region: elsewhere }
  driver: ec2
  name: elsewhere
  region: ${REGION}
  endpoint: ${moto.url}
- match: { product: jd-vm }
  driver: inventory
`,
  );
  running = await moto.makeWithAddress();
  await moto.ec2.createTags({
    Resources: [running.id],
    Tags: [
      { Key: 'Name', Value: `web ${'x'.repeat(200)}` },
      { Key: 'sunset:account', Value: account },
    ],
  });
  stopped = await moto.make({ InstanceType: 'm5.large' });
  await moto.ec2.stopInstances({ InstanceIds: [stopped.id] });
}, PYTHON_READY_MS);
afterAll(async () => {
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function importEc2(args: string[], more: NodeJS.ProcessEnv = {}) {
  const env = {
    SUNSET_URL: http.url,
    SUNSET_OPERATOR_KEY: http.operatorKey,
    SUNSET_CONTROL_PLANES: rules,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...more,
  };
  return await sunset(['import', 'ec2', '--control-plane', 'frankfurt', ...args], { env });
}
const isThere = async (id: string) => (await http.get(`/v1/instances/${id}`)).status === 200;

it('--dry-run shows what it would register and what not, and registers nothing', async () => {
  const ran = await importEc2(['--dry-run']);
  expect(ran.err).toBe(`${stopped.id}: no tag sunset:account, and no --account\n`);
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining(running.id) });
  expect(await isThere(running.id)).toBe(false);
  const { out } = await importEc2(['--dry-run', '--json', '--account', account]);
  const said = JSON.parse(out) as { toRegister: { id: string }[]; known: string[]; leftOut: unknown[] };
  expect(said.toRegister.map(({ id }) => id).sort()).toEqual([running.id, stopped.id].sort());
  expect([said.known, said.leftOut]).toEqual([[], []]);
});

it('registers what has a price and an account, with all that EC2 says of it', async () => {
  const prices = join(folder, 'prices.yaml');
  writeFileSync(prices, 'version: 2026-11\ncurrency: USD\ntypes: { t3.micro: { hour: 0.010 } }\n');
  const ran = await importEc2(['--prices', prices, '--account', newAccount()]);
  expect(ran.err).toBe(`${stopped.id}: the file of prices has no m5.large\n`);
  expect(ran).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 registered, 0 known before, 1 left out, 0 refused'),
  });
  const { LaunchTime } = (await moto.show(running.id))!;
  expect(await instanceOf(http, running.id)).toMatchObject({
    account,
    product: 'tencent-cvm',
    billing: 'postpaid',
    name: `web ${'x'.repeat(124)}`,
    externalId: running.id,
    region: REGION,
    zone: `${REGION}a`,
    type: 't3.micro',
    state: 'running',
    startedAt: LaunchTime!.toISOString(),
    prices: { version: '2026-11', currency: 'USD', hour: '0.010' },
    disks: [
      { id: running.root, kind: 'system', storage: 'elastic', deleteWithInstance: false },
      { id: running.data, kind: 'data', storage: 'cloud', deleteWithInstance: true },
    ],
    addresses: [{ id: running.address, kind: 'elastic' }],
  });
});

it('can be run again: what is there stays, also when EC2 has it otherwise by now', async () => {
  await moto.ec2.stopInstances({ InstanceIds: [running.id] });
  const ran = await importEc2(['--account', account]);
  expect(ran.out).toContain('1 registered, 1 known before, 0 left out, 0 refused');
  expect(await instanceOf(http, running.id)).toMatchObject({ state: 'running' });
  expect(await instanceOf(http, stopped.id)).toMatchObject({ state: 'stopped', type: 'm5.large' });
  const { out } = await importEc2(['--account', account, '--json']);
  expect(JSON.parse(out)).toEqual({
    registered: [],
    known: expect.arrayContaining([running.id, stopped.id]),
    leftOut: [],
    refused: [],
  });
});

it('knows a machine that is registered under another id, and one that Sunset has ended', async () => {
  const [other, ended] = [await moto.make(), await moto.make()];
  await register(http, cvmPostpaid({ account, externalId: other.id, region: REGION }), newId());
  await register(http, cvmPostpaid({ account, region: REGION }), ended.id);
  await end(http, [ended.id]);
  const ran = await importEc2(['--account', account]);
  expect(ran.err).toBe(`${ended.id}: Sunset has it as terminated, and EC2 still has it\n`);
  expect(ran.out).toContain('0 registered, 3 known before, 1 left out, 0 refused');
  await moto.ec2.terminateInstances({ InstanceIds: [other.id, ended.id] });
});

it('leaves out what is going, and what is in a bin that Sunset does not know', async () => {
  const [gone, binned, bad] = [
    await moto.make(),
    await moto.make(),
    await moto.make(tags(['sunset:account', 'a b'])),
  ];
  await moto.ec2.terminateInstances({ InstanceIds: [gone.id] });
  await moto.ec2.createTags({ Resources: [binned.id], Tags: [{ Key: 'sunset:isolated', Value: 'x' }] });
  const ran = await importEc2(['--account', account, '--lang', 'zh']);
  expect(ran.err).toContain(`${gone.id}: 已终止`);
  expect(ran.err).toContain(`${binned.id}: 标签 sunset:isolated 表明它在回收站中`);
  expect(ran.err).toContain(`${bad.id}: `);
  expect(ran.code).toBe(1);
  expect(ran.out).toMatch(/新登记 0 个，.*被拒绝 1 个/);
  await moto.ec2.terminateInstances({ InstanceIds: [binned.id, bad.id] });
});

it('goes through all pages', async () => {
  const made = await Promise.all(Array.from({ length: 12 }, () => moto.make()));
  const asked = jest.spyOn(moto.ec2, 'describeInstances');
  const ids = (await listMachines(moto.ec2, 5)).map(({ instance }) => instance.InstanceId);
  expect(asked.mock.calls.length).toBeGreaterThanOrEqual(3);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
});

it.each([
  [
    'another name',
    ['--control-plane', 'paris'],
    {},
    'has no control plane paris: there is frankfurt, elsewhere',
  ],
  ['no rules', [], { SUNSET_CONTROL_PLANES: undefined }, 'SUNSET_CONTROL_PLANES is to be set'],
  [
    'a product of others',
    ['--product', 'jd-vm'],
    {},
    "jd-vm in eu-central-1 is inventory's, and not frankfurt's",
  ],
  ['prices that are none', ['--prices', join(folder, 'bad.yaml')], {}, 't3.micro/hour: must be a decimal'],
  ['no prices', ['--prices', join(folder, 'none.yaml')], {}, "can't be read"],
  [
    'no credentials',
    [],
    { AWS_ACCESS_KEY_ID: undefined, AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' },
    'credentials',
  ],
])('%s: says so, exit 2', async (_, args, env, said) => {
  writeFileSync(join(folder, 'bad.yaml'), 'version: 1\ncurrency: USD\ntypes: { t3.micro: { hour: free } }\n');
  const ran = await importEc2(args, env);
  expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(said) });
});

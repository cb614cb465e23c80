/** docs/control-planes.md: its file of rules is right, and its examples are what goes over the wire. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../../domain/plan';
import { openControlPlanes, readControlPlanes } from '../../drivers/control-planes';
import { HttpDriver } from '../../drivers/http';
import type { Goal } from '../../drivers/port';
import { secretOf } from '../../drivers/signature';
import { POLICIES } from '../../policies';
import { Liar } from '../support/liar';

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'control-planes.md'), 'utf8');
const examples = new Map(
  [...PAGE.matchAll(/<!-- example: (.*?) -->\n```json\n([\s\S]*?)```/g)].map(([, name, text]) => [
    name!,
    text!,
  ]),
);

const liar = new Liar();
const folder = mkdtempSync(join(tmpdir(), 'sunset-planes-docs-'));
beforeAll(async () => void (await liar.start()));
afterAll(async () => {
  await liar.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ref = { instanceId: 'ins-1', externalId: 'vm-0815', product: 'tencent-cvm', region: 'ap-guangzhou' };
const wanted = { stepKey: 'ins-1/7', plan: null, deadline: '2026-11-01T01:00:00Z' };
const driver = () => new HttpDriver({ name: 'docs', url: liar.url, secrets: [secretOf(liar.secret)!] });
const say = (name: string, call: 'apply' | 'observe') =>
  liar.tell({ how: 'nonsense', status: Number(name.split(' ')[1]), body: examples.get(name)! }, { call });

it('has these examples', () =>
  expect([...examples.keys()]).toEqual([
    'apply',
    'done 200',
    'pending 202',
    'refused 409',
    'there 200',
    'gone 404',
    'confirmation',
  ]));

it('the request is what Sunset sends', async () => {
  liar.make('ins-1');
  const shown = JSON.parse(examples.get('apply')!) as { plan: Plan; goal: Goal };
  await driver().apply(ref, shown.goal, { ...wanted, plan: shown.plan });
  expect(liar.asked.find(({ call }) => call === 'apply')!.body).toEqual(shown);
});

it('its answers are understood', async () => {
  liar.make('ins-1');
  const apply = async (name: string) => {
    say(name, 'apply');
    return await driver().apply(ref, 'running', wanted);
  };
  expect(await apply('done 200')).toEqual({ state: 'done' });
  expect(await apply('pending 202')).toEqual(JSON.parse(examples.get('pending 202')!));
  expect(await apply('refused 409')).toEqual(JSON.parse(examples.get('refused 409')!));
  say('there 200', 'observe');
  expect(await driver().observe(ref)).toMatchObject({ exists: true, power: 'stopped', isolated: true });
  say('gone 404', 'observe');
  expect(await driver().observe(ref)).toMatchObject({ exists: false });
});

it('its file of rules is one', () => {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(PAGE)!;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  for (const file of ['south.secret', 'rest.secret']) writeFileSync(join(folder, file), secret);
  writeFileSync(join(folder, 'planes.yaml'), yaml!);
  const products = POLICIES.map(({ product }) => product);
  const { rules, problems } = readControlPlanes(join(folder, 'planes.yaml'), products);
  expect(problems).toEqual([]);
  expect(
    openControlPlanes(rules)
      .statuses()
      .map(({ name }) => name),
  ).toEqual(['south', '127.0.0.1:9000']);
});

it('names each field of a rule, and what the breaker does', () => {
  const table = [...PAGE.matchAll(/^\| `(\w+)` \| .* \| .* \|$/gm)].map(([, name]) => name);
  for (const field of [
    'match',
    'driver',
    'name',
    'url',
    'secretFile',
    'region',
    'endpoint',
    'maxInFlight',
    'timeoutSeconds',
  ])
    expect(table).toContain(field);
});

it('its rules of EC2 are some, and its permissions are the calls that the driver has', () => {
  const [, yaml] = /<!-- rules: ec2 -->\n```yaml\n([\s\S]*?)```/.exec(PAGE)!;
  writeFileSync(join(folder, 'ec2.yaml'), yaml!);
  const { rules, problems } = readControlPlanes(join(folder, 'ec2.yaml'), ['tencent-cvm']);
  expect(problems).toEqual([]);
  expect(rules.map(({ plane }) => plane?.name)).toEqual(['frankfurt', 'ec2:127.0.0.1:5000/us-east-1']);
  const [, json] = /<!-- iam -->\n```json\n([\s\S]*?)```/.exec(PAGE)!;
  const allowed = (JSON.parse(json!) as { Statement: { Action: string[] }[] }).Statement[0]!.Action;
  const api = readFileSync(join(__dirname, '../../drivers/ec2/api.ts'), 'utf8');
  const calls = [...api.matchAll(/^ {2}(\w)(\w+): Call</gm)].map(
    ([, a, rest]) => `ec2:${a!.toUpperCase()}${rest}`,
  );
  expect(calls.sort()).toEqual(allowed.sort());
});

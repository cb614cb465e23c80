/** SUNSET_CONTROL_PLANES: what a file may say, and every problem of one at once. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openControlPlanes, type Rule, readControlPlanes } from '../../drivers/control-planes';

const folder = mkdtempSync(join(tmpdir(), 'sunset-planes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PRODUCTS = ['tencent-cvm', 'tencent-redis', 'jd-vm'];
const secret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [secret(), secret()];
writeFileSync(join(folder, 'one.secret'), `${NEW}\n`);
writeFileSync(join(folder, 'two.secret'), `\n${NEW}\n${OLD}\n`);
writeFileSync(join(folder, 'empty.secret'), '\n');
writeFileSync(join(folder, 'wrong.secret'), 'hunter2hunter2hunter2hunter2\n');

function read(yaml: string) {
  const file = join(folder, 'planes.yaml');
  writeFileSync(file, yaml);
  return readControlPlanes(file, PRODUCTS);
}
const problems = (yaml: string): string[] => read(yaml).problems;
function rules(yaml: string): Rule[] {
  const found = read(yaml);
  expect(found.problems).toEqual([]);
  return found.rules;
}

describe('a file that is right', () => {
  const planes = openControlPlanes(
    rules(`
# What the south has, and what all else of CVM has.
- match: { product: tencent-cvm, region: ap-guangzhou }
  driver: http
  name: south
  url: https://south.example/sunset/
  secretFile: two.secret
  maxInFlight: 3
  timeoutSeconds: 5
- match: { product: tencent-cvm }
  driver: http
  url: http://127.0.0.1:9000/cvm
  secretFile: ${join(folder, 'one.secret')}
- match: { product: jd-vm, region: cn-north-1 }
  driver: inventory
- match: { product: jd-vm }
  driver: http
  url: http://10.0.0.7:8080
  insecure: true
  secretFile: one.secret
`),
  );
  const nameOf = (product: string, region: string): string => planes.driverFor({ product, region }).name;

  it('the first match wins; what none matches is in the books only', () => {
    expect(nameOf('tencent-cvm', 'ap-guangzhou')).toBe('south');
    expect(nameOf('tencent-cvm', 'ap-beijing')).toBe('127.0.0.1:9000/cvm');
    expect(nameOf('jd-vm', 'cn-north-1')).toBe('inventory');
    expect(nameOf('jd-vm', 'cn-east-2')).toBe('10.0.0.7:8080');
    expect(nameOf('tencent-redis', 'ap-guangzhou')).toBe('inventory');
  });

  it('a driver is found again by the name that its instances keep', () => {
    for (const { name } of [...planes.statuses(), { name: 'inventory' }])
      expect(planes.driverNamed(name).name).toBe(name);
    const south = planes.driverFor({ product: 'tencent-cvm', region: 'ap-guangzhou' });
    expect(planes.driverNamed('south')).toBe(south);
  });

  it('one that the file no longer has is unknown, and says so', async () => {
    const ref = { instanceId: 'ins-1', externalId: null, product: 'jd-vm', region: 'cn-north-1' };
    const north = planes.driverNamed('north');
    const reason = 'SUNSET_CONTROL_PLANES of this process has no control plane north';
    expect(await north.observe(ref)).toEqual({ unknown: reason });
    const wanted = { stepKey: 'a', plan: null, deadline: '2026-11-01T00:00:00Z' };
    expect(await north.apply(ref, 'stopped', wanted)).toEqual({ state: 'unknown', reason });
    expect(north.capabilities.acts).toBe(true);
    expect(planes.secretsOf('north')).toEqual([]);
  });

  it('has the secrets of each, the newest first', () => {
    const bytes = (text: string) => Buffer.from(text.slice('whsec_'.length), 'base64');
    expect(planes.secretsOf('south')).toEqual([bytes(NEW), bytes(OLD)]);
    expect(planes.secretsOf('inventory')).toEqual([]);
  });

  it('shows each once, and no secret', () => {
    expect(planes.statuses()).toMatchObject([
      { name: 'south', host: 'south.example', breaker: 'closed', inFlight: 0 },
      { name: '127.0.0.1:9000/cvm', host: '127.0.0.1:9000' },
      { name: '10.0.0.7:8080', host: '10.0.0.7:8080' },
    ]);
  });

  it('two rules of one control plane share it', () => {
    const rule = (region: string) => `
- match: { region: ${region} }
  driver: http
  url: https://cp.example
  secretFile: one.secret`;
    const shared = openControlPlanes(rules(rule('a') + rule('b')));
    const of = (region: string) => shared.driverFor({ product: 'jd-vm', region });
    expect(of('a')).toBe(of('b'));
    expect(shared.statuses()).toHaveLength(1);
  });

  it('without rules, or without anything, all is inventory', () => {
    for (const text of ['', '# nothing\n', '[]']) {
      const none = openControlPlanes(rules(text));
      expect(none.driverFor({ product: 'jd-vm', region: 'a' }).name).toBe('inventory');
      expect(none.statuses()).toEqual([]);
    }
  });
});

describe('EC2', () => {
  const planes = openControlPlanes(
    rules(`
- match: { product: tencent-cvm, region: eu-central-1 }
  driver: ec2
- match: { product: tencent-cvm, region: north }
  driver: ec2
  name: north
  region: eu-north-1
  maxInFlight: 3
- match: { product: tencent-cvm }
  driver: ec2
  region: lab
  endpoint: http://127.0.0.1:5000
- match: { product: jd-vm }
  driver: ec2
  region: lab
  endpoint: http://127.0.0.1:5000
`),
  );

  it('is where the rule says, or at the region that it matches', () =>
    expect(planes.statuses()).toMatchObject([
      { name: 'ec2:eu-central-1', host: 'ec2.eu-central-1.amazonaws.com', breaker: 'closed' },
      { name: 'north', host: 'ec2.eu-north-1.amazonaws.com' },
      { name: 'ec2:127.0.0.1:5000/lab', host: '127.0.0.1:5000' },
    ]));

  it('is the driver of its instances, and has no secrets', () => {
    expect(planes.driverFor({ product: 'tencent-cvm', region: 'north' }).name).toBe('north');
    expect(planes.driverNamed('north').capabilities.acts).toBe(true);
    expect(planes.secretsOf('north')).toEqual([]);
  });

  it('all that is wrong is said at once', () =>
    expect(
      problems(`
- driver: ec2
  url: https://ec2.example
- driver: ec2
  match: { region: a }
  region: EU
  endpoint: http://ec2.example
`),
    ).toEqual([
      'rule 1: url is not a field of a rule',
      'rule 1: region is missing: which of EC2’s it is, unless match has one',
      'rule 2: region: must be a region as EC2 names it (eu-central-1)',
      'rule 2: endpoint is http, so others on the way can read and change it: use https, or say insecure: true',
      'rule 2 is never reached: rule 1 has all that it matches',
    ]));

  it('says what to run where its SDK is not installed', () => {
    const elsewhere = join(folder, 'api.ts');
    copyFileSync(join(__dirname, '../../drivers/ec2/api.ts'), elsewhere);
    const { missingPackage } = jest.requireActual<typeof import('../../drivers/ec2/api')>(elsewhere);
    expect(missingPackage()).toBe(
      'the ec2 driver needs @aws-sdk/client-ec2, which is not installed: ' +
        `npm ci --prefix ${relative('', folder)}`,
    );
  });
});

describe('a file that is wrong', () => {
  it('all of it is said at once, by rule, and no secret in it', () => {
    const found = problems(`
- match: { product: tencent-cwm, zone: a }
  driver: http
  url: https://cp.example
  secretFile: one.secret
- driver: htp
- driver: http
  match: { product: tencent-cwm }
  url: https://user:hunter2@cp.example
  secretFile: missing.secret
  maxInflight: 3
- match: { product: tencent-cvm }
  driver: http
  url: ftp://cp.example
  secretFile: wrong.secret
- match: { product: tencent-cvm, region: a }
  driver: http
  url: http://cp.example
  secretFile: empty.secret
  timeoutSeconds: 0
- text
`);
    expect(found).toEqual([
      'rule 1: match.zone is not a field of a rule',
      'rule 1: there is no product "tencent-cwm": tencent-cvm, tencent-redis, jd-vm are there',
      'rule 2: driver must be http, ec2 or inventory',
      'rule 3: maxInflight is not a field of a rule',
      'rule 3: there is no product "tencent-cwm": tencent-cvm, tencent-redis, jd-vm are there',
      "rule 3: secretFile missing.secret can't be read (ENOENT)",
      'rule 3: url must have no user and password: requests are signed',
      'rule 4: secretFile wrong.secret must have 1–4 lines, each whsec_ and the base64 of 24–64 random bytes',
      'rule 4: url must begin with https:// (or http://)',
      'rule 5: timeoutSeconds: Too small: expected number to be >=1',
      'rule 5: secretFile empty.secret must have 1–4 lines, each whsec_ and the base64 of 24–64 random bytes',
      'rule 5: url is http, so others on the way can read and change it: use https, or say insecure: true',
      'rule 6: must have match, driver and what the driver needs',
      'rule 3 is never reached: rule 1 has all that it matches',
      'rule 4 is never reached: rule 2 has all that it matches',
      'rule 5 is never reached: rule 2 has all that it matches',
    ]);
    expect(found.join()).not.toContain('hunter2');
  });

  const one = (more: string): string => `
- driver: http
  secretFile: one.secret
  ${more}`;
  it.each([
    [
      'another product',
      one('url: https://cp.example\n  match: { product: cvm }'),
      /no product "cvm": tencent-cvm, /,
    ],
    ['a password', one('url: https://u:hunter2@cp.example'), 'rule 1: url must have no user and password'],
    ['a query', one('url: https://cp.example/?a=1'), 'rule 1: url must have no ? and no #'],
    ['no URL', one('url: cp.example'), 'rule 1: url is not a URL'],
    ['plain http', one('url: http://cp.example'), 'rule 1: url is http, so others on the way'],
    ['http to what looks like loopback', one('url: http://127.0.0.1.example'), 'rule 1: url is http'],
    ['a name of ours', one('url: https://cp.example\n  name: inventory'), 'the name inventory is Sunset'],
    ['a name with spaces', one('url: https://cp.example\n  name: a b'), 'rule 1: name: must be 1–64 letters'],
    [
      'a secret that is away',
      one('url: https://cp.example').replace('one', 'no'),
      "secretFile no.secret can't be read (ENOENT)",
    ],
    ['no list', 'driver: http', /must be a list of rules/],
    ['no YAML', '- { driver: http', /planes\.yaml: /],
    ['a field twice', '- driver: http\n  driver: inventory', /planes\.yaml: Map keys must be unique/],
    [
      'two of one name',
      one('url: https://a.example\n  match: { region: a }\n  name: x') +
        one('url: https://b.example\n  name: x'),
      'rules 1 and 2 are both called x, and differ',
    ],
    [
      'all, and then one',
      `${one('url: https://a.example')}\n- { driver: inventory, match: { region: a } }`,
      'rule 2 is never reached: rule 1',
    ],
  ])('%s', (_, yaml, problem) => {
    const found = problems(yaml);
    expect(found).toEqual([
      typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
    ]);
    expect(found.join()).not.toContain('hunter2');
  });

  it.each(['http://127.0.0.1:1', 'http://127.8.9.10', 'http://[::1]:80', 'http://localhost/x'])(
    'http on loopback is let in: %s',
    (url) => expect(problems(one(`url: ${url}`))).toEqual([]),
  );

  it('is not there', () => {
    expect(readControlPlanes(join(folder, 'none.yaml'), PRODUCTS).problems).toEqual([
      `${join(folder, 'none.yaml')} can't be read (ENOENT): check path and permissions`,
    ]);
  });
});

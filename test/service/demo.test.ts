/**
 * `npm run demo` on the real service: it ends well when all is as the documents say, and says what differs
 * when it isn't.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { POLICIES } from '../../policies';
import { demo } from '../support/command';
import { FAR, farPlanes, Machines } from '../support/machines';
import { type ServiceUnderTest, startService } from '../support/service';

const started: ServiceUnderTest[] = [];
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all(started.map((service) => service.stop()));
});

async function environmentOf(options: Parameters<typeof startService>[0] = {}): Promise<NodeJS.ProcessEnv> {
  const service = await startService(options);
  started.push(service);
  return { SUNSET_URL: service.http.url, SUNSET_OPERATOR_KEY: service.http.operatorKey };
}

/** Answers everything alike. */
async function stub(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('tells every life of the documents, checks every number, and can be repeated', async () => {
  const env = await environmentOf();
  const webUi = await stub(200, '{}');
  // At the same time, which is harder than one after the other: neither run may meet the other's accounts.
  const [first, again] = await Promise.all([
    demo([], { env: { ...env, SUNSET_WEB_UI: webUi } }),
    demo(['--lang', 'zh'], { env }),
  ]);
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).not.toContain('✗');
  const checks = first.out.match(/ ✓ \d{3}-\d\d /g) ?? [];
  expect(checks.length).toBeGreaterThanOrEqual(70);
  expect(first.out).toContain(`17 lives, ${checks.length} checks`);
  for (const amount of ['407.96', '387.80', '895.76', '502.10', '356.96', '2193.62', '292.74 : 95.06'])
    expect(first.out).toContain(amount);
  for (const document of ['000', '001', '002', '003'])
    expect(first.out).toMatch(new RegExp(`^${document}  `, 'm'));
  expect(first.out).toMatch(/deferred:o1 → refunds 407\.96\n +refunds → customer:cash 407\.96/);
  expect(first.out.match(/\/namespaces\/default\/workflows\/instance%2F/g)).toHaveLength(17);
  expect(first.out).toContain(`${webUi}/namespaces/default/workflows/instance%2Fcvm-five-day-`);

  expect(again).toMatchObject({ code: 0 });
  expect(again.out).toContain('全部与文档一致');
  // Without a known Web UI the links are the API's.
  expect(again.out).toMatch(new RegExp(`${env.SUNSET_URL}/v1/instances/cvm-five-day-[0-9a-f]{6}/timeline`));
});

it('ends with 1 and names each difference when a number is another', async () => {
  const policies = POLICIES.map((policy) =>
    policy.product === 'tencent-cvm' ? { ...policy, knobs: { ...policy.knobs, fiveDayCount: 0 } } : policy,
  );
  const { code, out, err } = await demo([], { env: await environmentOf({ policies }) });
  expect(code).toBe(1);
  expect(out).toContain('✗ 003-37  quoted: ordinary 387.80, and the document says five-day 407.96');
  expect(err).toContain('This is not as the documents say:');
  expect(err).toMatch(/^ {2}003-37 cvm-five-day-\w+, quoted: ordinary 387\.80, expected five-day 407\.96$/m);
  // The fourth ordinary return of the account is one too many now: the life that breaks says why.
  expect(err).toMatch(/^ {2}cvm-upgraded-\w+: blocked: QUOTA_USED$/m);
  // What has nothing to do with it is told all the same.
  expect(out).toContain('✓ 001-13  paid back: five-day 407.96');
});

it('says plainly what it needs where clocks can’t be moved, and where nobody answers', async () => {
  const problem = (status: number, detail: string): string =>
    JSON.stringify({
      type: 'x',
      title: 'x',
      status,
      detail,
      code: 'SANDBOX_ONLY',
      next: 'Start Sunset with its embedded parts.',
      errors: [],
    });
  const key = { SUNSET_OPERATOR_KEY: 'sk_0123456789abcdef' };
  const [sandbox, skipping, nobody, help, wrong] = await Promise.all([
    demo([], { env: { ...key, SUNSET_URL: await stub(403, problem(403, 'Only in a sandbox.')) } }),
    demo([], { env: { ...key, SUNSET_URL: await stub(501, problem(501, 'It can’t skip time.')) } }),
    demo([], { env: { ...key, SUNSET_URL: 'http://127.0.0.1:9' } }),
    demo(['--help']),
    demo(['--sideways']),
  ]);
  expect(sandbox).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('The demo can’t run here: Only in a sandbox.'),
  });
  expect(skipping).toMatchObject({
    code: 1,
    err: expect.stringContaining('next: Start Sunset with its embedded parts.'),
  });
  expect(nobody).toMatchObject({
    code: 1,
    err: expect.stringMatching(/does not answer at http:\/\/127\.0\.0\.1:9 .*\nnext: start it \(npm start\)/),
  });
  expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Usage: npm run demo') });
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--sideways') });
});

it('lives a real machine, step by step, where a control plane has one', async () => {
  const env = await environmentOf({ controlPlanes: farPlanes(new Machines()) });
  const told = await Promise.all([
    demo(['--machine', 'vm-1', '--region', FAR], { env }),
    demo(['--machine', 'vm-2', '--region', FAR, '--lang', 'zh'], { env }),
  ]);
  for (const { code, out } of told) {
    expect({ code, out }).toEqual({ code: 0, out: expect.not.stringContaining('✗') });
    expect(out.match(/running → isolating → isolated/g)!.length).toBeGreaterThanOrEqual(2);
    expect(out).toContain('isolated → restoring → running');
    expect(out).toContain('requested → isolating → booked → done');
  }
  const none = await demo(['--machine', 'vm-1', '--region', 'elsewhere'], { env });
  expect(none.code).toBe(1);
  expect(none.err).toContain('examples/control-plane-qemu/README.md');
});

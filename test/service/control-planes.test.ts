/** `GET /v1/control-planes`, `sunset doctor` and /metrics: what is seen of control planes. */
import { openControlPlanes } from '../../drivers/control-planes';
import { secretOf } from '../../drivers/signature';
import { sunset } from '../support/command';
import { Liar } from '../support/liar';
import { cvmPostpaid, expectStatus, newId, register } from '../support/lives';
import { type ServiceUnderTest, startService } from '../support/service';

const liar = new Liar();
let service: ServiceUnderTest;
const breaker = { opensAfter: 5, openMs: 600_000, longestOpenMs: 600_000 };
const idle = { maxInFlight: 1, timeoutSeconds: 1, breaker };
beforeAll(async () => {
  await liar.start();
  const plane = (name: string) => ({ name, url: liar.url, secrets: [secretOf(liar.secret)!], ...idle });
  const controlPlanes = openControlPlanes([
    { match: { product: 'tencent-cvm', region: 'ap-guangzhou' }, plane: plane('south') },
    { match: { product: 'tencent-cvm' }, plane: plane('rest') },
    { match: {}, plane: null },
  ]);
  service = await startService({ controlPlanes });
});
afterAll(async () => {
  await service.stop();
  await liar.stop();
});

const planes = async () => expectStatus(await service.http.get('/v1/control-planes'), 200).body.items;
async function doctor(lang = 'en'): Promise<{ status: string; detail: string; fix: string | null }[]> {
  const env = {
    SUNSET_URL: service.http.url,
    SUNSET_OPERATOR_KEY: service.operatorKey,
    DATABASE_URL: service.serviceUrl,
  };
  const { out } = await sunset(['doctor', '--json', '--lang', lang], { env });
  const { findings } = JSON.parse(out) as {
    findings: { check: string; status: string; detail: string; fix: string | null }[];
  };
  return findings
    .filter(({ check }) => check.startsWith('control plane'))
    .map(({ status, detail, fix }) => ({ status, detail, fix }));
}

it('one instance is looked at through each; where there is none that is said', async () => {
  const host = new URL(liar.url).host;
  const id = newId();
  liar.make(id);
  await register(service.http, cvmPostpaid({ region: 'ap-guangzhou', externalId: `vm-${id}` }), id);
  expect(await planes()).toEqual([
    {
      name: 'south',
      host,
      breaker: 'closed',
      failuresInARow: 0,
      inFlight: 0,
      queued: 0,
      counts: { answered: 1, unknown: 0 },
      looked: {
        instanceId: id,
        ms: expect.any(Number),
        exists: true,
        power: 'running',
        isolated: false,
        unknown: null,
      },
    },
    expect.objectContaining({ name: 'rest', looked: null }),
  ]);
  const [south, rest] = await doctor();
  expect(south).toEqual({
    status: 'ok',
    detail: expect.stringMatching(new RegExp(`^${host} says that ${id} is running \\(\\d+ ms\\)$`)),
    fix: null,
  });
  expect(rest).toMatchObject({ status: 'warn', detail: `${host} has no living instance to look at` });
  const [inChinese] = await doctor('zh');
  expect(inChinese!.detail).toMatch(new RegExp(`^${host}：${id} 运行中（\\d+ 毫秒）$`));
});

it('a machine that is gone is noted, and a control plane that hangs is wrong, with the reason', async () => {
  const id = (await planes())[0]!.looked!.instanceId;
  liar.act(id, 'destroy');
  expect((await doctor())[0]).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining(`has no ${id}, which lives here`),
  });
  liar.tell({ how: 'hang' }, { call: 'observe', times: 20 });
  expect((await planes())[0]!.looked).toMatchObject({ exists: null, unknown: 'no answer within 1 s' });
  expect((await doctor())[0]).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('no answer within 1 s'),
  });
  for (const _ of [1, 2, 3]) await planes();
  expect((await planes())[0]).toMatchObject({ breaker: 'open', failuresInARow: 5 });
  const metrics = String((await service.http.get('/metrics')).body);
  expect(metrics).toContain('sunset_control_plane_breaker{control_plane="south"} 1');
  expect(metrics).toContain('sunset_control_plane_breaker{control_plane="rest"} 0');
  expect(metrics).toContain('sunset_control_plane_requests{control_plane="south",outcome="unknown"} 5');
  expect((await doctor())[0]!.detail).toContain('is left alone; breaker open');
});

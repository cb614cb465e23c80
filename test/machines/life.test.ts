/**
 * The life of a real machine through Sunset, as the example's README has it: a guest that boots and writes a file to
 * its disks, is returned, restored, returned again and released. What it says on its serial console is the proof.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { HttpDriver } from '../../drivers/http';
import { secretOf } from '../../drivers/signature';
import { audit } from '../../store/audit';
import { cvmPrepaid, expectStatus, instanceOf, newAccount, quote, register, until } from '../support/lives';
import { onePlane } from '../support/machines';
import { QemuControlPlane } from '../support/qemu';
import { type ServiceUnderTest, startService } from '../support/service';

const ROOT = join(__dirname, '..', '..');
const README = readFileSync(join(ROOT, 'examples/control-plane-qemu/README.md'), 'utf8');

const plane = new QemuControlPlane();
let service: ServiceUnderTest;
/** What Sunset has answered to confirmations, by instance. */
const confirmed: [id: string, status: number][] = [];
const onTheWay = createServer((request, response) => {
  text(request)
    .then(async (body) => {
      const to = `${service.http.url}${request.url}`;
      const headers = request.headers as Record<string, string>;
      const { status } = await fetch(to, { method: 'POST', headers, body });
      confirmed.push([JSON.parse(body).instanceId, status]);
      response.writeHead(status).end();
    })
    .catch(() => response.destroy());
});
beforeAll(async () => {
  await plane.start();
  const secrets = [secretOf(plane.secret)!];
  // Killing it is part of the tests.
  const breaker = { opensAfter: 1000, openMs: 100, longestOpenMs: 100 };
  const driver = new HttpDriver({ name: 'qemu', url: plane.url, secrets, breaker });
  service = await startService({ controlPlanes: { ...onePlane(driver), secretsOf: () => secrets } });
  onTheWay.listen(0, '127.0.0.1');
  await once(onTheWay, 'listening');
});
afterAll(async () => {
  onTheWay.closeAllConnections();
  onTheWay.close();
  await service.stop();
  await plane.end();
});

const isPaid = async (account: string): Promise<boolean> =>
  (await service.http.get(`/v1/refunds?account=${account}`)).body.items.some(
    ({ status }) => status === 'done',
  );

async function soundBooks(): Promise<void> {
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}

describe('the life of the README, as it stands there', () => {
  const VM = 'vm-1';
  let shown: string;
  const course: { isPaid: boolean; isOn: boolean }[] = [];

  beforeAll(async () => {
    const blocks = [...README.matchAll(/(?<!-->\n)^```sh\n([\s\S]*?)^```/gm)].map(([, script]) => script!);
    const keyFile = join(plane.folder, 'operator.key');
    writeFileSync(keyFile, service.http.operatorKey);
    const script = blocks
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', service.http.url)
      .replaceAll('.sunset/operator.key', keyFile)
      .replaceAll('.sunset/qemu', plane.folder);
    const lived = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT });
    let isLiving = true;
    const watch = async () => {
      // Asked first whether it was paid: what is on after that was on then.
      while (isLiving) course.push({ isPaid: await isPaid('100001'), isOn: plane.pidOf(VM) !== undefined });
    };
    const watched = watch();
    shown = (
      await lived.finally(() => {
        isLiving = false;
      })
    ).stdout;
    await watched;
    process.stdout.write(`\nWhat the guest said:\n${plane.consoleOf(VM).join('\n')}\n`);
  }, 300_000);

  /** What the guest wrote to that disk, as it said then. */
  const written = (disk: string): string => new RegExp(`${disk} disk: file written: (.*)`).exec(shown)![1]!;

  it('the guest has written its files, and they are there after it was restored', () => {
    expect(written('system')).toMatch(/^[0-9a-f-]{36}$/);
    expect(plane.consoleOf(VM)).toEqual([
      `${VM}: system disk: file written: ${written('system')}`,
      `${VM}: elastic disk: file written: ${written('elastic')}`,
      expect.stringMatching(/ready after/),
      `${VM}: power button pressed`,
      `${VM}: off`,
      `${VM}: system disk: file still there: ${written('system')}`,
      `${VM}: elastic disk: file still there: ${written('elastic')}`,
      expect.stringMatching(/ready after/),
      `${VM}: power button pressed`,
      `${VM}: off`,
    ]);
  });

  it('it is paid back when it is off, and not before', () => {
    const first = course.findIndex((one) => one.isPaid);
    expect(course.slice(0, first)).toContainEqual({ isPaid: false, isOn: true });
    expect(course[first]).toEqual({ isPaid: true, isOn: false });
    expect(shown).toMatch(/It is isolated\.\n.*?vm-1: off.*?\ndone\n/s);
  });

  it('its system disk is gone, its elastic one is there with what was written to it', () => {
    expect(shown).toMatch(/It is terminated\.\n\S*vm-1-elastic\.qcow2\n$/);
    expect(plane.disksOf(VM)).toEqual([`${VM}-elastic`]);
    const disk = readFileSync(plane.diskOf(VM, `${VM}-elastic`));
    expect(disk.includes(written('elastic'))).toBe(true);
    expect(plane.pidOf(VM)).toBeUndefined();
  });

  it('the books are sound', soundBooks);
});

it('returned while its control plane is dead: it waits, unpaid, and is isolated when that is back', async () => {
  const { http } = service;
  const account = newAccount();
  await plane.make({ id: 'vm-2', guest: false });
  const id = await register(http, cvmPrepaid({ account, externalId: 'vm-2' }));
  const isIn = async (state: string) => (await instanceOf(http, id)).state === state;
  await plane.kill();
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
  await until(() => isIn('isolating'), 'the isolation to begin');
  expect(await isPaid(account)).toBe(false);
  const { port } = onTheWay.address() as AddressInfo;
  const to = `http://127.0.0.1:${port}/v1/control-plane/confirmations`;
  // Without a guest nobody hears the power button: pending for as long as this.
  await plane.start({ SUNSET_QEMU_GRACE: '1', SUNSET_QEMU_CONFIRM: to });
  await until(() => isIn('isolated'), 'the isolation', 100_000);
  expect(plane.pidOf('vm-2')).toBeUndefined();
  expect(await isPaid(account)).toBe(true);
  // Told at once what came of it, and Sunset has believed the signature.
  expect(confirmed.filter(([of]) => of === id)).toEqual([[id, 200]]);
  await soundBooks();
});

/** Real machines of QEMU's behind the `http` driver, by the control plane that operators can copy from. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, checksFor, type Machine, type Subject } from '../../drivers/contract';
import { HttpDriver } from '../../drivers/http';
import { type Goal, isAsWanted, type Observed, type Ref, type Wanted } from '../../drivers/port';
import { type Secret, secretOf, signedHeaders, verifyConfirmation } from '../../drivers/signature';
import { until } from '../support/lives';
import { QemuControlPlane } from '../support/qemu';

// Machines without a guest don't hear their power button: as long as it takes until their power is taken.
const GRACE_SECONDS = 0.1;
const plane = new QemuControlPlane({ SUNSET_QEMU_GRACE: String(GRACE_SECONDS) });
beforeAll(async () => void (await plane.start()));
afterAll(async () => await plane.end());

const driverOf = ({ url, secret }: QemuControlPlane = plane): HttpDriver =>
  new HttpDriver({
    name: 'qemu',
    url,
    secrets: [secretOf(secret)!],
    // Killing it is what is tried.
    breaker: { opensAfter: 1000, openMs: 100, longestOpenMs: 100 },
  });

const machine = async (of: QemuControlPlane = plane): Promise<Machine> => {
  const vm = `vm-${randomUUID()}`;
  const { disks } = await of.make({ id: vm, guest: false });
  expect(disks).toEqual([`${vm}-system`, `${vm}-elastic`]);
  const instanceId = `ins-${vm}`;
  return {
    ref: { instanceId, externalId: vm, product: 'tencent-cvm', region: 'ap-guangzhou' },
    plan: {
      terminate: [
        { kind: 'instance', id: instanceId },
        { kind: 'disk', id: `${vm}-system` },
      ],
      retain: [{ kind: 'disk', id: `${vm}-elastic`, reason: { en: 'It is elastic.', zh: '弹性云硬盘。' } }],
    },
  };
};

const step = (plan: Wanted['plan'] = null): Wanted => ({
  stepKey: randomUUID(),
  plan,
  deadline: '2099-11-01T01:00:00Z',
});
const seen = async (ref: Ref): Promise<Observed> => {
  const observation = await driverOf().observe(ref);
  if ('unknown' in observation) throw new Error(observation.unknown);
  return observation;
};
/** As the saga asks: again until it is decided. */
const settled = (of: QemuControlPlane, ref: Ref, goal: Goal, wanted: Wanted) =>
  until(async () => {
    const applied = await driverOf(of).apply(ref, goal, wanted);
    return (applied.state === 'done' || applied.state === 'refused') && applied;
  }, `${goal} to be decided`);
const DONE = { state: 'done' };

describe('the checks that any driver must pass', () => {
  const subject = (): Subject => ({
    driver: driverOf(),
    makeMachine: () => machine(),
    partsOf: async ({ ref }) => plane.disksOf(ref.externalId!),
    cutOff: async () => {
      await plane.kill();
      return async () => void (await plane.start());
    },
  });
  // Its address is known later; what it can do is known now.
  const driver = new HttpDriver({ name: 'qemu', url: 'http://127.0.0.1', secrets: [] });
  const later = { partsOf: async () => [], cutOff: async () => async () => {}, makeMachine: machine };
  const checks = checksFor({ ...later, driver });

  it.each(checks.map((check): [string, Check] => [check.name, check]))(
    '%s',
    async (_, check) => await check.run(subject()),
  );
});

describe('who asks', () => {
  const apply = (ref: Ref, goal: Goal, more: object = {}): string =>
    JSON.stringify({ ...ref, goal, ...step(), ...more });
  const send = async (body: string, headers: Record<string, string>) => {
    const response = await fetch(`${plane.url}/apply`, { method: 'POST', body, headers });
    return { status: response.status, body: await response.json() };
  };
  const secret = (): Secret => secretOf(plane.secret)!;
  const sign = (body: string, now = Date.now(), by = secret()) => signedHeaders([by], 'msg-1', body, now);
  const STRANGER = { status: 401, body: { error: 'The signature is wrong.' } };

  it('nobody without a signature, with another’s, an old one, or one of another body', async () => {
    const { ref } = await machine();
    const body = apply(ref, 'isolated');
    const other = secretOf(`whsec_${Buffer.alloc(32).toString('base64')}`)!;
    const before = plane.stateOf(ref.externalId!);
    for (const headers of [
      {},
      sign(body, Date.now(), other),
      sign(body, Date.now() - 301_000),
      sign(body, Date.now() + 301_000),
      sign(apply(ref, 'running')),
    ])
      expect(await send(body, headers)).toEqual(STRANGER);
    const look = `${plane.url}/instances/${ref.instanceId}?externalId=${ref.externalId}`;
    expect((await fetch(look)).status).toBe(401);
    expect(plane.stateOf(ref.externalId!)).toEqual(before);
    expect(isAsWanted('running', await seen(ref))).toBe(true);
  });

  it('a request that comes once more is answered and does nothing, wherever the machine is by then', async () => {
    const { ref } = await machine();
    const body = apply(ref, 'isolated');
    const headers = sign(body);
    await until(async () => (await send(body, headers)).status === 200, 'the isolation');
    expect(await settled(plane, ref, 'running', step())).toEqual(DONE);
    expect(await send(body, headers)).toEqual({ status: 200, body: DONE });
    expect(isAsWanted('running', await seen(ref))).toBe(true);
  });

  it('one step is one goal', async () => {
    const { ref } = await machine();
    const wanted = step();
    await settled(plane, ref, 'stopped', wanted);
    expect(await settled(plane, ref, 'running', wanted)).toMatchObject({
      code: 'OTHER_GOAL',
      retryable: false,
    });
    expect(isAsWanted('stopped', await seen(ref))).toBe(true);
  });

  it('what is no asking is none, signed or not', async () => {
    const { ref } = await machine();
    const odd = ['', '{', 'null', '[]', '7', apply(ref, 'running', { goal: 'rebooted' })];
    const wrong = [
      { instanceId: 7 },
      { stepKey: '' },
      { plan: {} },
      { plan: { terminate: [7], retain: [] } },
    ];
    for (const body of [...odd, ...wrong.map((more) => apply(ref, 'running', more))])
      expect((await send(body, sign(body))).status).toBe(400);
    const long = 'x'.repeat(300_000);
    expect((await send(long, sign(long))).status).toBe(413);
    const elsewhere = await fetch(`${plane.url}/machines`, { headers: sign('') });
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.json()).not.toHaveProperty('exists');
  });
});

describe('a release', () => {
  it('alone destroys: a plan beside another goal does nothing', async () => {
    const { ref, plan } = await machine();
    expect(await settled(plane, ref, 'isolated', step(plan))).toEqual(DONE);
    expect(plane.disksOf(ref.externalId!)).toHaveLength(2);
  });

  it('is refused before anything is done when its plan is missing or names a disk of another’s', async () => {
    const [one, other] = [await machine(), await machine()];
    expect(await settled(plane, one.ref, 'released', step())).toMatchObject({ code: 'NO_PLAN' });
    const refused = await settled(plane, one.ref, 'released', step(other.plan));
    expect(refused).toMatchObject({ code: 'NOT_ITS_DISK', retryable: false });
    for (const { ref } of [one, other]) {
      expect(isAsWanted('running', await seen(ref))).toBe(true);
      expect(plane.disksOf(ref.externalId!)).toHaveLength(2);
    }
  });
});

describe('a machine that is killed', () => {
  it('is off and nobody’s isolation; another step switches it on, with its disks', async () => {
    const { ref } = await machine();
    await plane.killMachine(ref.externalId!);
    expect(await seen(ref)).toMatchObject({ exists: true, power: 'stopped', isolated: false });
    expect(await settled(plane, ref, 'running', step())).toEqual(DONE);
    expect(plane.disksOf(ref.externalId!)).toHaveLength(2);
  });

  it('one that hangs is neither on nor off to anybody; switched off it loses its power', async () => {
    const { ref } = await machine();
    plane.signal(ref.externalId!, 'SIGSTOP');
    expect(await driverOf().observe(ref)).toMatchObject({ unknown: expect.stringContaining('503') });
    expect(await settled(plane, ref, 'isolated', step())).toEqual(DONE);
    expect(plane.pidOf(ref.externalId!)).toBeUndefined();
  });

  it('one that can’t be switched on is refused for now, and the same step tries again', async () => {
    const { ref } = await machine();
    const vm = ref.externalId!;
    await settled(plane, ref, 'stopped', step());
    const disk = plane.diskOf(vm, `${vm}-system`);
    copyFileSync(disk, `${disk}.whole`);
    writeFileSync(disk, 'no qcow2');
    const wanted = step();
    const refused = await settled(plane, ref, 'running', wanted);
    expect(refused).toMatchObject({ state: 'refused', code: 'FAILED', retryable: true });
    expect(refused).toHaveProperty('message', expect.stringContaining('qcow2'));
    expect(isAsWanted('stopped', await seen(ref))).toBe(true);
    copyFileSync(`${disk}.whole`, disk);
    rmSync(`${disk}.whole`);
    expect(await settled(plane, ref, 'running', wanted)).toEqual(DONE);
    // Without all of its disks it never will.
    await settled(plane, ref, 'stopped', step());
    rmSync(disk);
    expect(await settled(plane, ref, 'running', step())).toMatchObject({
      code: 'DISK_GONE',
      retryable: false,
    });
    expect(await settled(plane, ref, 'isolated', step())).toEqual(DONE);
  });
});

describe('a control plane that is killed', () => {
  const GOALS = ['stopped', 'isolated', 'running', 'released'] as const;

  it.each([0, 10, 40, 80, 130])('%d ms after it was asked: it goes on, and all is done once', async (ms) => {
    const { ref, plan } = await machine();
    for (const goal of GOALS) {
      const wanted = step(goal === 'released' ? plan : null);
      const asked = driverOf().apply(ref, goal, wanted);
      await sleep(ms);
      await plane.kill();
      await asked;
      await plane.start();
      expect(await settled(plane, ref, goal, wanted)).toEqual(DONE);
      expect(isAsWanted(goal, await seen(ref))).toBe(true);
      expect(plane.pidsOf(ref.externalId!)).toHaveLength(goal === 'running' ? 1 : 0);
    }
    expect(plane.disksOf(ref.externalId!)).toEqual([`${ref.externalId}-elastic`]);
  });

  it('finds its machines again, and no second one may take its folder', async () => {
    const { ref } = await machine();
    const pid = plane.pidOf(ref.externalId!);
    const second = await plane.saysAndEnds({ PORT: '0' });
    expect(second).toEqual({ said: `Another control plane has ${plane.folder}\n`, code: 1 });
    await plane.kill();
    await plane.start();
    expect(isAsWanted('running', await seen(ref))).toBe(true);
    expect(plane.pidOf(ref.externalId!)).toBe(pid);
  });
});

describe('confirmations', () => {
  const came: { headers: object; raw: string; id: string }[] = [];
  let isTaking = false;
  let slow: QemuControlPlane;
  const server = createServer((request, response) => {
    text(request).then((raw) => {
      const verified = verifyConfirmation(request.headers, raw, [secretOf(slow.secret)!], Date.now());
      came.push({ headers: request.headers, raw, id: 'id' in verified ? verified.id : verified.refused });
      response.writeHead(isTaking ? 202 : 503).end();
    }, console.error);
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const to = `http://127.0.0.1:${port}/v1/control-plane/confirmations`;
    slow = await new QemuControlPlane({ SUNSET_QEMU_GRACE: '2', SUNSET_QEMU_CONFIRM: to }).start();
  });
  afterAll(async () => {
    await slow.end();
    server.closeAllConnections();
    server.close();
  });

  const isOwed = ({ externalId }: Ref, { stepKey }: Wanted) =>
    slow.stateOf(externalId!).steps.find((one) => one.stepKey === stepKey)!.isOwed;

  it('tells what came of a pending step until it is taken, also after it was killed in between', async () => {
    const { ref } = await machine(slow);
    const wanted = step();
    expect(await driverOf(slow).apply(ref, 'isolated', wanted)).toEqual({ state: 'pending', pollAfter: 1 });
    // In the middle of it: the guest has been given its time.
    await slow.kill();
    expect(slow.pidOf(ref.externalId!)).toBeDefined();
    await slow.start();
    await until(async () => came.length > 0, 'it to be told');
    expect(slow.pidOf(ref.externalId!)).toBeUndefined();
    await slow.kill();
    isTaking = true;
    const before = came.length;
    await slow.start();
    await until(async () => came.length > before, 'it to be told again');
    const outcome = { instanceId: ref.instanceId, stepKey: wanted.stepKey, outcome: DONE };
    expect(came.map(({ raw }) => JSON.parse(raw))).toEqual(came.map(() => outcome));
    expect(came[0]!.id).toMatch(/^confirm_/);
    expect(new Set(came.map(({ id }) => id)).size).toBe(1);
    await until(async () => !isOwed(ref, wanted), 'it to be written down');
  });

  it('who has asked for themselves needs not be told', async () => {
    isTaking = false;
    const { ref } = await machine(slow);
    const wanted = step();
    expect(await driverOf(slow).apply(ref, 'stopped', wanted)).toMatchObject({ state: 'pending' });
    expect(isOwed(ref, wanted)).toBe(true);
    expect(await settled(slow, ref, 'stopped', wanted)).toEqual(DONE);
    expect(isOwed(ref, wanted)).toBe(false);
  });
});

describe('at its start', () => {
  it('says what is to be installed', async () => {
    const bare = new QemuControlPlane({ PATH: '/nowhere' });
    expect(await bare.saysAndEnds()).toEqual({
      said: 'QEMU or its guest is missing. On Debian: sudo sh examples/control-plane-qemu/install.sh\n',
      code: 1,
    });
    await bare.end();
  });
});

/** The ec2 driver with moto: the contract, lives at EC2, and what others do there meanwhile. */
import { randomUUID } from 'node:crypto';
import type { Plan } from '../../domain/plan';
import { type Check, checksFor, type Machine, type Subject } from '../../drivers/contract';
import { Ec2Driver } from '../../drivers/ec2';
import { type Applied, type Driver, type Goal, isAsWanted, type Observed } from '../../drivers/port';
import { Moto, planOf, REGION, refOf } from '../support/moto';
import { PYTHON_READY_MS } from '../support/python';

const moto = new Moto();
beforeAll(async () => await moto.start(), PYTHON_READY_MS);
afterEach(() => moto.repent());
afterAll(async () => await moto.stop());

const open = (timeoutSeconds = 5): Ec2Driver =>
  new Ec2Driver({ name: 'ec2', region: REGION, endpoint: moto.url, timeoutSeconds });

const machine = async (): Promise<Machine> => {
  const made = await moto.makeWithAddress();
  return { ref: refOf(made.id), plan: planOf(made) };
};

const subject = (driver: Driver): Subject => ({
  driver,
  makeMachine: machine,
  partsOf: async ({ plan }) => {
    const ids = [...plan.terminate, ...plan.retain].map(({ id }) => id);
    const there = await Promise.all(
      ids.map(async (id) => (id.startsWith('vol-') ? await moto.volume(id) : await moto.addressOf(id))),
    );
    return ids.filter((_, index) => there[index] !== undefined);
  },
  cutOff: async () => {
    await moto.cutOff();
    return async () => await moto.join();
  },
  answerMs: 10_000,
  reachMs: 20_000,
});

// What it can do is known before moto is there.
const { name, capabilities } = new Ec2Driver({ name: 'ec2', region: REGION }, {} as never);
const ALL: [string, Check][] = checksFor(subject({ name, capabilities } as unknown as Driver)).map((one) => [
  one.name,
  one,
]);

describe('the contract', () => {
  it.each(ALL)('%s', async (_, check) => await check.run(subject(open())));
});

const apply = async (id: string, goal: Goal, plan: Plan | null = null, driver = open()): Promise<Applied> =>
  await driver.apply(refOf(id), goal, {
    stepKey: `ec2/${randomUUID()}`,
    plan,
    deadline: '2026-12-01T00:00:00Z',
  });
const DONE = { state: 'done' };
/** Of one that is isolated, and was not protected before. */
const TAGS = [
  { Key: 'sunset:was-protected', Value: 'false' },
  { Key: 'sunset:isolated', Value: 'true' },
];
const stateOf = async (id: string) => (await moto.show(id))?.State?.Name;

describe('a life at EC2', () => {
  it('stopped, isolated, restored with its volumes, released with its root and without its data', async () => {
    const made = await moto.makeWithAddress();
    const { id, root, data, address } = made;
    const attached = async () =>
      (await moto.show(id))!.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.VolumeId).sort();
    expect(await apply(id, 'stopped')).toEqual(DONE);
    expect(await stateOf(id)).toBe('stopped');
    expect(await moto.isProtected(id)).toBe(false);

    expect(await apply(id, 'isolated')).toEqual(DONE);
    expect(await moto.isProtected(id)).toBe(true);
    expect((await moto.show(id))!.Tags).toEqual(TAGS);
    expect(await attached()).toEqual([root, data].sort());

    expect(await apply(id, 'running')).toEqual(DONE);
    expect(await stateOf(id)).toBe('running');
    expect(await moto.isProtected(id)).toBe(false);
    expect((await moto.show(id))!.Tags ?? []).toEqual([]);
    expect(await attached()).toEqual([root, data].sort());
    expect((await moto.addressOf(address))!.InstanceId).toBe(id);

    expect(await apply(id, 'isolated')).toEqual(DONE);
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
    expect(await stateOf(id)).toBe('terminated');
    expect(await moto.volume(root)).toBeUndefined();
    const tag = [{ Key: 'sunset:kept-of', Value: id }];
    expect(await moto.volume(data)).toMatchObject({ State: 'available', Tags: tag });
    expect(await moto.addressOf(address)).toMatchObject({ Tags: tag });
    expect((await moto.addressOf(address))!.AssociationId).toBeUndefined();
  });

  it('releases the Elastic IP when the plan says so, and volumes that hang no more on the machine', async () => {
    const { id, root, data, address } = await moto.makeWithAddress();
    await apply(id, 'stopped');
    await moto.ec2.detachVolume({ VolumeId: data, InstanceId: id });
    const terminate: Plan['terminate'] = [
      { kind: 'instance', id },
      { kind: 'disk', id: root },
      { kind: 'disk', id: data },
      { kind: 'address', id: address },
      { kind: 'address', id: '203.0.113.7' },
    ];
    expect(await apply(id, 'released', { terminate, retain: [] })).toEqual(DONE);
    expect(await Promise.all([moto.volume(root), moto.volume(data), moto.addressOf(address)])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps a volume that the plan doesn’t name', async () => {
    const { id, root, data } = await moto.make();
    const plan: Plan = { terminate: [{ kind: 'instance', id }], retain: [] };
    expect(await apply(id, 'released', plan)).toEqual(DONE);
    expect(await moto.volume(root)).toMatchObject({ State: 'available' });
    expect(await moto.volume(data)).toMatchObject({ State: 'available' });
  });

  it('finds a machine without externalId by its own id, or by a tag', async () => {
    const [{ id: named }, { id: tagged }] = [await moto.make(), await moto.make()];
    await moto.ec2.createTags({ Resources: [tagged], Tags: [{ Key: 'sunset:id', Value: 'web*1' }] });
    const look = async (instanceId: string, externalId: string | null = null) =>
      await open().observe({ ...refOf(named), instanceId, externalId });
    expect(await look(named)).toMatchObject({ exists: true });
    expect(await look('web*1')).toMatchObject({ exists: true });
    expect(await look('web*')).toMatchObject({ exists: false });
    expect(await look('*')).toMatchObject({ exists: false });
    expect(await look('web-1', 'vm-0815')).toEqual({
      unknown: 'externalId "vm-0815" is no instance of EC2 (i-…)',
    });
    const { id: twin } = await moto.make();
    await moto.ec2.createTags({ Resources: [twin], Tags: [{ Key: 'sunset:id', Value: 'web*1' }] });
    expect(await look('web*1')).toEqual({ unknown: expect.stringContaining('several machines') });
  });
});

describe('what others do', () => {
  it('terminated outside: it is gone; a restore is refused for good, a release looks after its parts', async () => {
    const made = await moto.makeWithAddress();
    const { id } = made;
    await apply(id, 'isolated');
    await moto.ec2.modifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value: false } });
    await moto.ec2.terminateInstances({ InstanceIds: [id] });
    expect(await open().observe(refOf(id))).toMatchObject({ exists: false });
    for (const goal of ['running', 'stopped', 'isolated'] as const)
      expect(await apply(id, goal)).toMatchObject({ state: 'refused', code: 'GONE', retryable: false });
    expect(await stateOf(id)).toBe('terminated');
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
    expect(await moto.volume(made.root)).toBeUndefined();
  });

  it('started after it was terminated, which moto lets happen: it is there, and released again', async () => {
    const made = await moto.make();
    const { id } = made;
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
    moto.asked.length = 0;
    await apply(id, 'running');
    expect(moto.asked).not.toContain('StartInstances');
    await moto.ec2.startInstances({ InstanceIds: [id] });
    expect(await open().observe(refOf(id))).toMatchObject({ exists: true, power: 'running' });
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
    expect(await open().observe(refOf(id))).toMatchObject({ exists: false });
  });

  it('started while it is isolated: seen as that, and stopped again when it is asked for', async () => {
    const { id } = await moto.make();
    await apply(id, 'isolated');
    await moto.ec2.startInstances({ InstanceIds: [id] });
    expect(await open().observe(refOf(id))).toMatchObject({ power: 'running', isolated: true });
    expect(await apply(id, 'isolated')).toEqual(DONE);
    expect(await open().observe(refOf(id))).toMatchObject({ power: 'stopped', isolated: true });
  });

  it('protected by others: kept as it was by a restore, and in the way of a release', async () => {
    const made = await moto.make();
    const { id } = made;
    await moto.ec2.modifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value: true } });
    const refused = { state: 'refused', code: 'PROTECTED', retryable: true, retryAfter: 300 };
    expect(await apply(id, 'released', planOf(made))).toMatchObject(refused);
    expect(await apply(id, 'isolated')).toEqual(DONE);
    expect(await apply(id, 'running')).toEqual(DONE);
    expect(await moto.isProtected(id)).toBe(true);
    expect(await apply(id, 'isolated')).toEqual(DONE);
    expect(await apply(id, 'released', planOf(made))).toMatchObject(refused);
    expect(await stateOf(id)).toBe('stopped');
    await moto.ec2.modifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value: false } });
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
  });

  it('its volume and its address used by another machine: left there, and said', async () => {
    const [made, other] = [await moto.makeWithAddress(), await moto.make()];
    const { id, root, data, address } = made;
    await apply(id, 'stopped');
    await moto.ec2.detachVolume({ VolumeId: data, InstanceId: id });
    await moto.ec2.attachVolume({ VolumeId: data, InstanceId: other.id, Device: '/dev/sdg' });
    const plan = (...ids: string[]): Plan => ({
      terminate: [
        { kind: 'instance', id },
        { kind: 'disk', id: root },
        ...ids.map((one) => ({ kind: one === address ? ('address' as const) : ('disk' as const), id: one })),
      ],
      retain: [],
    });
    const inUse = { state: 'refused', code: 'IN_USE', retryable: true };
    expect(await apply(id, 'released', plan(data))).toMatchObject(inUse);
    expect((await moto.volume(data))!.Attachments![0]!.InstanceId).toBe(other.id);
    const { AssociationId } = (await moto.addressOf(address))!;
    await moto.ec2.disassociateAddress({ AssociationId: AssociationId! });
    await moto.ec2.associateAddress({ AllocationId: address, InstanceId: other.id });
    expect(await apply(id, 'released', plan(address))).toMatchObject(inUse);
    expect((await moto.addressOf(address))!.InstanceId).toBe(other.id);
  });

  it.each(['running', 'stopped', 'isolated', 'released'] as const)(
    '%s, asked ten times at once',
    async (goal) => {
      const made = await moto.makeWithAddress();
      const { id } = made;
      if (goal === 'running') await apply(id, 'isolated');
      const plan = goal === 'released' ? planOf(made) : null;
      // Each with a client of its own, as in processes of their own.
      const all = await Promise.all(Array.from({ length: 10 }, () => apply(id, goal, plan)));
      for (const one of all) expect(['done', 'pending']).toContain(one.state);
      expect(await apply(id, goal, plan)).toEqual(DONE);
      if (goal !== 'isolated') return;
      expect((await moto.show(id))!.Tags).toEqual(TAGS);
      expect(await apply(id, 'running')).toEqual(DONE);
      expect(await moto.isProtected(id)).toBe(false);
    },
  );
});

describe('what EC2 says', () => {
  const said = (code: string, status = 400) => ({ how: 'error', status, code }) as const;

  it.each([
    ['is throttled', said('RequestLimitExceeded', 503), { state: 'unknown', retryAfter: 10 }],
    ['is broken', said('InternalError', 500), { state: 'unknown', retryAfter: 5 }],
    ['lets us not', said('UnauthorizedOperation', 403), { state: 'unknown' }],
    ['is between two states', said('IncorrectInstanceState'), { state: 'pending', pollAfter: 5 }],
    [
      'is not permitted',
      said('OperationNotPermitted'),
      { state: 'refused', retryable: true, retryAfter: 300 },
    ],
    ['never can', said('UnsupportedOperation'), { state: 'refused', retryable: false }],
    ['is something new', said('AnotherPlanet'), { state: 'refused', retryable: true }],
    ['breaks off', { how: 'cut' } as const, { state: 'unknown' }],
  ])('a stop that %s', async (_, lie, expected) => {
    const { id } = await moto.make();
    moto.tell('StopInstances', lie, 3);
    expect(await apply(id, 'stopped')).toMatchObject(expected);
    expect(await stateOf(id)).toBe('running');
  });

  it('no room to start: it stays isolated', async () => {
    const { id } = await moto.make();
    await apply(id, 'isolated');
    moto.tell('StartInstances', said('InsufficientInstanceCapacity', 500), 3);
    const refused = {
      state: 'refused',
      code: 'InsufficientInstanceCapacity',
      retryable: true,
      retryAfter: 60,
    };
    expect(await apply(id, 'running')).toMatchObject(refused);
    expect(await open().observe(refOf(id))).toMatchObject({ power: 'stopped', isolated: true });
    expect(await moto.isProtected(id)).toBe(true);
  });

  it('nothing, in time: unknown', async () => {
    const { id } = await moto.make();
    moto.tell('DescribeInstances', { how: 'hang' }, 9);
    const reason = 'no answer within 1 s';
    expect(await open(1).observe(refOf(id))).toEqual({ unknown: reason });
    expect(await apply(id, 'stopped', null, open(1))).toEqual({ state: 'unknown', reason });
  });

  it.each([
    ['running', 'stopped', 'StopInstances', 0],
    ['stopped', 'running', 'StartInstances', 0],
    ['running', 'isolated', 'StopInstances', 0],
    ['stopped', 'isolated', 'CreateTags', 0],
    ['stopped', 'isolated', 'ModifyInstanceAttribute', 0],
    ['stopped', 'isolated', 'CreateTags', 1],
    ['isolated', 'running', 'StartInstances', 0],
    ['isolated', 'running', 'ModifyInstanceAttribute', 0],
    ['isolated', 'running', 'DeleteTags', 0],
    ['isolated', 'stopped', 'DeleteTags', 0],
    ['isolated', 'released', 'ModifyInstanceAttribute', 0],
    ['isolated', 'released', 'ModifyInstanceAttribute', 1],
    ['running', 'released', 'TerminateInstances', 0],
    ['running', 'released', 'DisassociateAddress', 0],
    ['running', 'released', 'CreateTags', 0],
  ] as const)(
    'from %s to %s: yes to %s (%i), and does nothing: not done',
    async (from, goal, action, skip) => {
      const made = await moto.makeWithAddress();
      const { id } = made;
      expect(await apply(id, from)).toEqual(DONE);
      moto.tell(action, { how: 'claim' }, 1, skip);
      const plan = goal === 'released' ? planOf(made) : null;
      const reason = expect.stringMatching(/^it has taken ".*", and does not show it$/);
      expect(await apply(id, goal, plan)).toEqual({ state: 'unknown', reason, retryAfter: 5 });
      // Whoever looks and finds it as wanted asks no more.
      if (goal !== 'released')
        expect(isAsWanted(goal, (await open().observe(refOf(id))) as Observed)).toBe(false);
      expect(await apply(id, goal, plan)).toEqual(DONE);
      if (goal !== 'released') expect(await moto.isProtected(id)).toBe(goal === 'isolated');
    },
  );

  it('never, to a stop: nothing of an isolation is left on it', async () => {
    const { id } = await moto.make();
    moto.tell('StopInstances', said('UnsupportedOperation'));
    expect(await apply(id, 'isolated')).toMatchObject({ state: 'refused', retryable: false });
    expect((await moto.show(id))!.Tags ?? []).toEqual([]);
    expect(await moto.isProtected(id)).toBe(false);
  });

  it('no, after it has done it: the next look finds it done', async () => {
    const made = await moto.makeWithAddress();
    const { id } = made;
    moto.tell('StopInstances', { how: 'error', status: 500, code: 'InternalError', after: true }, 3);
    expect(await apply(id, 'isolated')).toMatchObject({ state: 'unknown' });
    expect(await apply(id, 'isolated')).toEqual(DONE);
    moto.tell('TerminateInstances', { how: 'cut', after: true }, 3);
    expect(await apply(id, 'released', planOf(made))).toMatchObject({ state: 'unknown' });
    expect(await apply(id, 'released', planOf(made))).toEqual(DONE);
  });

  const between = (from: string, to: string) => ({
    how: 'rewrite' as const,
    body: (text: string) => text.replaceAll(`<name>${from}</name>`, `<name>${to}</name>`),
  });

  it.each([
    ['stopping', 'stopped', 'isolated', { power: 'running', isolated: false }],
    ['pending', 'running', 'running', { power: 'stopped', isolated: false }],
    ['shutting-down', 'terminated', 'released', { exists: true }],
  ] as const)('%s: pending, and never %s before it is', async (way, end, goal, seen) => {
    const made = await moto.make();
    const { id } = made;
    if (goal === 'running') await apply(id, 'stopped');
    moto.tell('DescribeInstances', between(end, way), 99);
    const plan = goal === 'released' ? planOf(made) : null;
    expect(await apply(id, goal, plan)).toEqual({ state: 'pending', pollAfter: 5 });
    expect(await apply(id, goal, plan)).toEqual({ state: 'pending', pollAfter: 5 });
    expect(await open().observe(refOf(id))).toMatchObject(seen);
    moto.repent();
    expect(await apply(id, goal, plan)).toEqual(DONE);
  });

  it.each([
    ['a state that is none', between('running', 'asleep')],
    [
      'another machine',
      { how: 'rewrite' as const, body: (text: string) => text.replaceAll(/i-[0-9a-f]{17}/g, 'i-00000000') },
    ],
    ['a page of a proxy', { how: 'rewrite' as const, body: () => '<html><body>Welcome!</body></html>' }],
    ['no XML', { how: 'rewrite' as const, body: () => 'it works' }],
  ])('%s: unknown', async (_, lie) => {
    const { id } = await moto.make();
    moto.tell('DescribeInstances', lie, 99);
    expect(await open().observe(refOf(id))).toMatchObject({ unknown: expect.any(String) });
    expect(await apply(id, 'stopped')).toMatchObject({ state: 'unknown' });
    expect(await stateOf(id)).toBe('running');
  });

  it('a plan with names that EC2 can’t have destroys nothing', async () => {
    const { id, root } = await moto.make();
    const retain: Plan['retain'] = [{ kind: 'disk', id: 'disk-data', reason: { en: '', zh: '' } }];
    const plan: Plan = {
      terminate: [
        { kind: 'instance', id },
        { kind: 'disk', id: root },
      ],
      retain,
    };
    expect(await apply(id, 'released', plan)).toMatchObject({ state: 'refused', code: 'ODD_NAMES' });
    expect(await stateOf(id)).toBe('running');
  });

  it('leaves it alone when it doesn’t answer, as any control plane; one odd registration is no reason', async () => {
    const driver = open();
    const { id } = await moto.make();
    for (let time = 0; time < 6; time++) await driver.observe({ ...refOf(id), externalId: 'vm-0815' });
    expect(driver.status()).toMatchObject({ breaker: 'closed', host: new URL(moto.url).host });
    moto.tell('DescribeInstances', said('InternalError', 500), 99);
    for (let time = 0; time < 5; time++) await driver.observe(refOf(id));
    expect(driver.status()).toMatchObject({ breaker: 'open', failuresInARow: 5 });
  });
});

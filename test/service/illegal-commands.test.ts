/**
 * Every command in every state, through the API (L5, L8, L11). A cell says what comes of it: `→ state`, or
 * the code of the 409. What is illegal leaves the instance's step as it was and costs its workflow no
 * history.
 */
import { workflowId } from '../../workflows/messages';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  hoursAgo,
  instanceOf,
  jdPrepaid,
  purchase,
  quote,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

/** How an instance gets into each state. */
const STATES: Record<string, () => Promise<string>> = {
  running: () => register(http, cvmPostpaid()),
  stopped: () => register(http, cvmPostpaid({ state: 'stopped' })),
  changing: () => register(http, cvmPostpaid({ state: 'changing' })),
  prepaid: () => register(http, cvmPrepaid()),
  scheduled: async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(30 * DAY) } });
    return id;
  },
  protected: async () => {
    const id = await register(http, cvmPostpaid());
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'the shop’s database' }), 200);
    return id;
  },
  expired: async () => {
    const order = purchase(hoursAgo(60 * 24), { months: 1, endsAt: hoursAgo(30 * 24) });
    const id = await register(http, jdPrepaid({ state: 'expired', orders: [order] }));
    // The end of its order is a step of its own (J3).
    await until(async () => (await instanceOf(http, id)).step === 1, 'the order to end');
    return id;
  },
  'isolated (later)': async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    return id;
  },
  'isolated (return)': async () => {
    const id = await register(http, cvmPrepaid());
    await end(http, [id], { action: 'return' });
    return id;
  },
  terminated: async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id]);
    return id;
  },
};

const COMMANDS: Record<string, (id: string, billing: string) => Fields> = {
  cancel: () => ({}),
  reschedule: () => ({ at: fromNow(20 * DAY) }),
  restore: (_, billing) => (billing === 'prepaid' ? { renewal: { months: 1 } } : {}),
  purge: (id) => ({ confirm: id }),
  orders: () => ({ kind: 'renewal', months: 1, paid: { cash: '51' } }),
  start: () => ({}),
  stop: () => ({}),
  protect: () => ({ reason: 'careful' }),
  unprotect: () => ({ reason: 'not any more' }),
};

const NAMES = Object.keys(STATES);

/** One row a command, one cell a state, in the order of STATES. */
const TABLE: Record<string, string[]> = {
  // running, stopped, changing, prepaid, scheduled
  cancel: ['NOT_SCHEDULED', 'NOT_SCHEDULED', 'BUSY', 'NOT_SCHEDULED', '→ running'],
  reschedule: ['NOT_SCHEDULED', 'NOT_SCHEDULED', 'BUSY', 'NOT_SCHEDULED', '→ running'],
  restore: ['WRONG_STATE', 'WRONG_STATE', 'BUSY', 'WRONG_STATE', 'WRONG_STATE'],
  purge: ['WRONG_STATE', 'WRONG_STATE', 'BUSY', 'WRONG_STATE', 'WRONG_STATE'],
  orders: ['WRONG_BILLING', 'WRONG_BILLING', 'BUSY', '→ running', 'WRONG_BILLING'],
  start: ['WRONG_STATE', '→ running', '→ running', 'WRONG_STATE', 'WRONG_STATE'],
  stop: ['→ stopped', 'WRONG_STATE', '→ stopped', '→ stopped', '→ stopped'],
  protect: ['→ running', '→ stopped', 'BUSY', '→ running', 'SCHEDULED'],
  unprotect: ['NOT_PROTECTED', 'NOT_PROTECTED', 'BUSY', 'NOT_PROTECTED', 'NOT_PROTECTED'],
};
const LATER_STATES: Record<string, string[]> = {
  // protected, expired, isolated (later), isolated (return), terminated
  cancel: ['NOT_SCHEDULED', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'],
  reschedule: ['NOT_SCHEDULED', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'],
  restore: ['WRONG_STATE', 'WRONG_STATE', '→ running', '→ running', 'WRONG_STATE'],
  purge: ['WRONG_STATE', 'WRONG_STATE', '→ terminated', '→ terminated', 'WRONG_STATE'],
  orders: ['WRONG_BILLING', '→ stopped', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'],
  start: ['WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'],
  stop: ['→ stopped', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE'],
  protect: ['PROTECTED', '→ expired', '→ isolated', '→ isolated', 'WRONG_STATE'],
  unprotect: ['→ running', 'NOT_PROTECTED', 'NOT_PROTECTED', 'NOT_PROTECTED', 'WRONG_STATE'],
};
const cellOf = (command: string, state: string): string =>
  [...TABLE[command]!, ...LATER_STATES[command]!][NAMES.indexOf(state)]!;

/** What stands against ending it, all of it at once (E8); empty: permitted. */
const BLOCKERS: Record<string, { terminate: string[]; return: string[] }> = {
  running: { terminate: [], return: ['WRONG_ACTION'] },
  stopped: { terminate: [], return: ['WRONG_ACTION'] },
  changing: { terminate: ['BUSY'], return: ['BUSY', 'WRONG_ACTION'] },
  prepaid: { terminate: ['WRONG_ACTION'], return: [] },
  scheduled: { terminate: ['SCHEDULED'], return: ['SCHEDULED', 'WRONG_ACTION'] },
  protected: { terminate: ['PROTECTED'], return: ['PROTECTED', 'WRONG_ACTION'] },
  expired: { terminate: [], return: ['WRONG_ACTION'] },
  'isolated (later)': { terminate: ['WRONG_STATE'], return: ['WRONG_STATE', 'WRONG_ACTION'] },
  'isolated (return)': { terminate: ['WRONG_STATE', 'WRONG_ACTION'], return: ['WRONG_STATE'] },
  terminated: { terminate: ['WRONG_STATE'], return: ['WRONG_STATE'] },
};

const eventsOf = async (id: string): Promise<number> =>
  (await service.client.workflow.getHandle(workflowId(id)).describe()).historyLength;

function stateOf(name: string): string {
  if (name.startsWith('isolated')) return 'isolated';
  return ['prepaid', 'scheduled', 'protected'].includes(name) ? 'running' : name;
}

it('the tables have every cell', () => {
  for (const command of Object.keys(COMMANDS)) {
    expect([...TABLE[command]!, ...LATER_STATES[command]!]).toHaveLength(NAMES.length);
  }
  expect(Object.keys(BLOCKERS)).toEqual(NAMES);
});

describe.each(NAMES)('%s', (name) => {
  const isLegal = (command: string): boolean => cellOf(command, name).startsWith('→');

  it('what is illegal is 409 with code and state, and changes nothing', async () => {
    const id = await STATES[name]!();
    const [before, events, steps] = [
      await instanceOf(http, id),
      await eventsOf(id),
      (await timelineOf(http, id)).length,
    ];
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const command of Object.keys(COMMANDS).filter((one) => !isLegal(one))) {
      const { status, body } = await http.post(
        `/v1/instances/${id}/${command}`,
        COMMANDS[command]!(id, before.billing),
      );
      found[command] = `${status} ${body.code} ${body.state}`;
      expected[command] = `409 ${cellOf(command, name)} ${stateOf(name)}`;
      if (status === 409) expect(body.detail).toContain(stateOf(name));
    }
    expect(found).toEqual(expected);
    for (const action of ['terminate', 'return'] as const) {
      const [item] = (await quote(http, [id], { action })).items;
      const codes = item!.blockers.map((one) => one.code);
      expect([action, codes]).toEqual([action, BLOCKERS[name]![action]]);
      expect(item!.permitted).toBe(codes.length === 0);
      for (const { message, next } of item!.blockers)
        expect([message, next].every((text) => /\w/.test(text))).toBe(true);
    }
    const { clock: _was, ...was } = before;
    const { clock: _is, ...is } = await instanceOf(http, id);
    expect(is).toEqual(was);
    expect(await eventsOf(id)).toBe(events);
    expect((await timelineOf(http, id)).length).toBe(steps);
  });

  it('what is legal is one step, and leads where the table says', async () => {
    const commands = Object.keys(COMMANDS).filter(isLegal);
    await Promise.all(
      commands.map(async (command) => {
        const id = await STATES[name]!();
        const before = await instanceOf(http, id);
        const { body } = expectStatus(
          await http.post(`/v1/instances/${id}/${command}`, COMMANDS[command]!(id, before.billing)),
          200,
        );
        expect(`${command} → ${body.state}`).toBe(`${command} ${cellOf(command, name)}`);
        expect(body.step).toBe(before.step + 1);
        const last = (await timelineOf(http, id)).at(-1);
        const shown = command === 'orders' ? 'amend' : command;
        expect(last).toMatchObject({
          step: body.step,
          command: shown,
          outcome: 'done',
          from: before.state,
          to: body.state,
          by: 'operator',
        });
      }),
    );
  });
});

describe('what the table can’t say', () => {
  it('L8: a second cancel is 409 with the state, a second purge too, and a second restore', async () => {
    const scheduled = await STATES.scheduled!();
    expectStatus(await http.post(`/v1/instances/${scheduled}/cancel`), 200);
    expect((await http.post(`/v1/instances/${scheduled}/cancel`)).body).toMatchObject({
      code: 'NOT_SCHEDULED',
      state: 'running',
    });
    const isolated = await STATES['isolated (later)']!();
    expectStatus(await http.post(`/v1/instances/${isolated}/restore`), 200);
    expect((await http.post(`/v1/instances/${isolated}/restore`)).body).toMatchObject({
      code: 'WRONG_STATE',
      state: 'running',
    });
    await end(http, [isolated], { schedule: { mode: 'later' } });
    expectStatus(await http.post(`/v1/instances/${isolated}/purge`, { confirm: isolated }), 200);
    expect((await http.post(`/v1/instances/${isolated}/purge`, { confirm: isolated })).body).toMatchObject({
      code: 'WRONG_STATE',
      state: 'terminated',
    });
  });

  it('L11: stopping a scheduled instance leaves its schedule as it is', async () => {
    const id = await STATES.scheduled!();
    const { termination } = await instanceOf(http, id);
    expect(expectStatus(await http.post(`/v1/instances/${id}/stop`), 200).body.termination).toEqual(
      termination,
    );
    expect((await fastForward(http, id, 'P31D')).state).toBe('terminated');
  });

  it('L7: protection blocks people, not expiry; in the bin it blocks purge and not restore', async () => {
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(hoursAgo(48), { endsAt: fromNow(DAY) })] }),
    );
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'audit' }), 200);
    expect((await fastForward(http, id, 'P2D')).state).toBe('isolated');
    expect((await http.post(`/v1/instances/${id}/purge`, { confirm: id })).body).toMatchObject({
      code: 'PROTECTED',
      state: 'isolated',
    });
    const body = { renewal: { months: 1, paid: { cash: '51' } } };
    const restored = expectStatus(await http.post(`/v1/instances/${id}/restore`, body), 200).body;
    expect(restored).toMatchObject({ state: 'running', protection: { reason: 'audit', by: 'operator' } });
  });

  it('L5, L11: deadlines that came due during an operation fire when it ends', async () => {
    const endsAt = fromNow(2000);
    const id = await register(
      http,
      cvmPrepaid({ state: 'changing', orders: [purchase(hoursAgo(48), { endsAt })] }),
    );
    await until(async () => Date.now() > Date.parse(endsAt), 'the order to end');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'changing', step: 0 });
    expectStatus(await http.post(`/v1/instances/${id}/start`), 200);
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the expiry to fire');
    expect((await timelineOf(http, id)).map((step) => step.command)).toEqual(['register', 'start', 'expire']);
  });

  it('an upgrade without an order in force is 409', async () => {
    const id = await STATES.expired!();
    expect(
      (await http.post(`/v1/instances/${id}/orders`, { kind: 'upgrade', paid: { cash: '1' } })).body,
    ).toMatchObject({
      status: 409,
      code: 'NO_ORDER_IN_FORCE',
      state: 'expired',
    });
  });

  it('fast-forward of a terminated instance is 409', async () => {
    const id = await STATES.terminated!();
    expect((await http.post(`/v1/instances/${id}/fast-forward`, { duration: 'P1D' })).body).toMatchObject({
      status: 409,
      code: 'WRONG_STATE',
      state: 'terminated',
    });
  });
});

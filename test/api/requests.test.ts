/** The other bodies and queries: what is refused, and where. */
import type { z } from 'zod';
import { parse } from '../../contract/issues';
import { ordersSchema } from '../../contract/registration';
import {
  accountSchema,
  fastForwardSchema,
  instancesQuery,
  purgeSchema,
  quoteSchema,
  reasonSchema,
  restoreSchema,
  secondsOf,
  terminationSchema,
} from '../../contract/requests';

const issues = (schema: z.ZodType, input: unknown): string[] => {
  const parsed = parse(schema, input);
  return parsed.ok ? [] : parsed.issues.map((one) => `${one.pointer} ${one.code}`);
};
const quote = { action: 'terminate', instanceIds: ['i-1', 'i-2'] };
const timed = (at: unknown) => ({ ...quote, schedule: { mode: 'timed', at } });

it.each<[string, z.ZodType, unknown, string[]]>([
  ['a quote of nothing', quoteSchema, {}, ['/action MISSING', '/instanceIds MISSING']],
  ['no items', quoteSchema, { ...quote, instanceIds: [] }, ['/instanceIds TOO_SHORT']],
  [
    '501 items',
    quoteSchema,
    { ...quote, instanceIds: Array.from({ length: 501 }, (_, i) => `i-${i}`) },
    ['/instanceIds TOO_LONG'],
  ],
  ['an item twice', quoteSchema, { ...quote, instanceIds: ['a', 'b', 'a'] }, ['/instanceIds/2 DUPLICATE']],
  ['an item that is no id', quoteSchema, { ...quote, instanceIds: ['a', 5] }, ['/instanceIds/1 NOT_AN_ID']],
  ['another action', quoteSchema, { ...quote, action: 'delete' }, ['/action NOT_ALLOWED']],
  ['another mode', quoteSchema, { ...quote, schedule: { mode: 'soon' } }, ['/schedule/mode NOT_ALLOWED']],
  ['no mode', quoteSchema, { ...quote, schedule: {} }, ['/schedule/mode MISSING']],
  ['timed without a time', quoteSchema, timed(undefined), ['/schedule/at MISSING']],
  ['timed without an offset', quoteSchema, timed('2026-12-01T00:00:00'), ['/schedule/at NOT_A_TIME']],
  [
    'now with a time',
    quoteSchema,
    { ...quote, schedule: { mode: 'now', at: '2026-12-01T00:00:00Z' } },
    ['/schedule/at UNKNOWN_FIELD'],
  ],
  [
    'the five-day item is not among the items',
    quoteSchema,
    { ...quote, fiveDayFor: 'i-3' },
    ['/fiveDayFor NOT_AMONG_ITEMS'],
  ],
  [
    'all of it at once',
    quoteSchema,
    { action: 'x', instanceIds: ['a', 'a', 5], schedule: { mode: 'y' }, fiveDayFor: 'b', more: 1 },
    [
      '/action NOT_ALLOWED',
      '/instanceIds/2 NOT_AN_ID',
      '/instanceIds/1 DUPLICATE',
      '/schedule/mode NOT_ALLOWED',
      '/more UNKNOWN_FIELD',
      '/fiveDayFor NOT_AMONG_ITEMS',
    ],
  ],
  ['an account change that is a list', accountSchema, [], [' WRONG_TYPE']],
  [
    'an account change of nothing, and no reason',
    accountSchema,
    {},
    ['/reason MISSING', ' NOTHING_TO_CHANGE'],
  ],
  ['no agreement', terminationSchema, { quoteId: 'q_1' }, ['/agree MISSING']],
  ['L10: agreement withheld', terminationSchema, { quoteId: 'q_1', agree: false }, ['/agree NOT_AGREED']],
  ['agreement as text', terminationSchema, { quoteId: 'q_1', agree: 'true' }, ['/agree NOT_AGREED']],
  ['a renewal without months', ordersSchema, { kind: 'renewal' }, ['/months MISSING']],
  [
    'an upgrade with months',
    ordersSchema,
    { kind: 'upgrade', months: 1, paid: {} },
    ['/months UNKNOWN_FIELD'],
  ],
  ['an upgrade that nobody paid', ordersSchema, { kind: 'upgrade' }, ['/paid MISSING']],
  ['a purchase later on', ordersSchema, { kind: 'purchase', months: 1 }, ['/kind NOT_ALLOWED']],
  [
    'a restore with too many months',
    restoreSchema,
    { renewal: { months: 1000 } },
    ['/renewal/months TOO_LARGE'],
  ],
  ['a purge without confirmation', purgeSchema, {}, ['/confirm MISSING']],
  ['no reason', reasonSchema, { reason: '' }, ['/reason NOT_A_SENTENCE']],
  ['an account change of nothing', accountSchema, { reason: 'why' }, [' NOTHING_TO_CHANGE']],
  ['an account change without reason', accountSchema, { hold: 1 }, ['/hold WRONG_TYPE', '/reason MISSING']],
  ['an unknown parameter', instancesQuery, { colour: 'red' }, ['/colour UNKNOWN_FIELD']],
  ['a limit of 0', instancesQuery, { limit: '0' }, ['/limit TOO_SMALL']],
  ['a limit of 501', instancesQuery, { limit: '501' }, ['/limit TOO_LARGE']],
  ['a limit in hexadecimal', instancesQuery, { limit: '0x10' }, ['/limit NOT_A_WHOLE_NUMBER']],
  ['a limit twice', instancesQuery, { limit: ['1', '2'] }, ['/limit WRONG_TYPE']],
  ['an empty cursor', instancesQuery, { cursor: '' }, ['/cursor BAD_CURSOR']],
  ['a filter with a NUL', instancesQuery, { region: '\0' }, ['/region NOT_TEXT']],
])('%s', (_, schema, input, expected) => {
  expect(issues(schema, input)).toEqual(expected);
});

it('lists have 50 rows unless asked', () => {
  expect(instancesQuery.parse({})).toEqual({
    limit: 50,
    sort: { by: 'registered', latestFirst: false },
  });
  expect(instancesQuery.parse({ limit: '500' }).limit).toBe(500);
});

it.each([
  ['P7D', 604_800],
  ['PT2H', 7200],
  ['P1DT1H1M1S', 90_061],
  ['PT0S', 0],
])('%s is %i seconds', (duration, seconds) => {
  expect(secondsOf(duration)).toBe(seconds);
});

it.each(['', 'P', 'PT', 'P1DT', 'P1Y', 'P1M', 'PT0S', '-P1D', 'P3661D', 'PT1.5H', '7D', 'P1D ', 5])(
  '%p is no way ahead',
  (duration) => {
    expect(issues(fastForwardSchema, { duration })).toEqual(['/duration NOT_A_DURATION']);
  },
);

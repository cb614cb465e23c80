/** Pages and long answers: never all of it in one go, and never longer than anybody can use. */
import { setImmediate as turn } from 'node:timers/promises';
import { OPERATOR } from '../../api/caller';
import { listReply } from '../../api/http/page';
import { inTurns } from '../../store/in-turns';
import { jsonOf } from '../../store/json';
import type { PageRequest } from '../../store/paging';
import { range } from '../support/parallel';

describe('a page', () => {
  /** Rows 0 … count - 1; the cursor is the next one. */
  const listing = (count: number) => {
    const asked: number[] = [];
    const list = async (_: unknown, { limit, cursor = '0' }: PageRequest) => {
      asked.push(limit);
      const end = Math.min(Number(cursor) + limit, count);
      return { items: range(end).slice(Number(cursor)), nextCursor: end < count ? String(end) : null };
    };
    return { asked, list };
  };
  async function pageOf(count: number, query: PageRequest, present: (row: number) => unknown) {
    const { asked, list } = listing(count);
    const { body } = await listReply({ query, caller: OPERATOR }, list, present);
    return { asked, ...(body as { items: unknown[]; nextCursor: string | null }) };
  }

  it('is put together of parts, in order, to its limit and no further', async () => {
    const page = await pageOf(1000, { limit: 45, cursor: '5' }, (row) => row);
    expect(page.items).toEqual(range(50).slice(5));
    expect(page).toMatchObject({ asked: [20, 25], nextCursor: '50' });
  });

  it('asks for more at a time where rows are short, and for as many as are read in a turn where not', async () => {
    const asked = async (characters: number) =>
      (await pageOf(1000, { limit: 500 }, () => 'x'.repeat(characters))).asked;
    expect(await asked(10)).toEqual([20, 200, 200, 80]);
    expect((await asked(1998)).slice(0, 3)).toEqual([20, 50, 50]);
    expect((await asked(10_000)).slice(0, 3)).toEqual([20, 20, 20]);
  });

  it('ends with the last row', async () => {
    expect(await pageOf(7, { limit: 500 }, (row) => row)).toMatchObject({
      items: range(7),
      nextCursor: null,
      asked: [20],
    });
    expect(await pageOf(0, { limit: 500 }, (row) => row)).toMatchObject({ items: [], nextCursor: null });
  });

  it('of long rows goes no further when it is long, and the cursor leads on', async () => {
    const first = await pageOf(100, { limit: 500 }, (row) => `${row} ${'x'.repeat(30_000)}`);
    expect([first.items.length, first.nextCursor]).toEqual([40, '40']);
    const all = [...first.items];
    for (let cursor = first.nextCursor; cursor !== null; ) {
      const next = await pageOf(100, { limit: 500, cursor }, (row) => `${row} ${'x'.repeat(30_000)}`);
      all.push(...next.items);
      cursor = next.nextCursor;
    }
    expect(all.map((one) => Number.parseInt(one as string, 10))).toEqual(range(100));
  });
});

it.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'a "text" 云'],
  ['a number', 1.5],
  ['an empty object', {}],
  ['an empty list', []],
  [
    'an object of lists',
    {
      a: 1,
      items: [{ b: [1, { c: null }] }, 'x', [[]], undefined],
      more: [],
      'a "name"': { d: [1] },
      e: undefined,
    },
  ],
  ['only what is missing', { a: undefined }],
  ['a list of lists', [[1, 2], [], [undefined, null], { a: [] }]],
  ['a date', new Date(0)],
])('JSON in pieces is the JSON that there is: %s', async (_, value) => {
  expect((await jsonOf(value)).toString()).toBe(JSON.stringify(value));
});

it('long work lets others in after every ten milliseconds, and before it begins', async () => {
  let others = 0;
  let isDone = false;
  const watching = (async () => {
    for (; !isDone; others += 1) await turn();
  })();
  const seen: number[] = [];
  function* work() {
    for (let piece = 0; piece < 5; piece += 1) {
      seen.push(others);
      const until = performance.now() + 12;
      while (performance.now() < until);
      yield;
    }
    return 'done';
  }
  expect(await inTurns(work())).toBe('done');
  isDone = true;
  await watching;
  expect(seen[0]).toBeGreaterThan(0);
  expect(new Set(seen).size).toBe(5);
});

import { Limit } from '../../drivers/limit';

/** Work that ends when it is told to. */
function held() {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => ended.then(() => 'done') };
}

it('begins so many at a time, and the next one when one ends, in their order', async () => {
  const limit = new Limit({ atOnce: 2, queued: 10, waitMs: 60_000 });
  const begun: number[] = [];
  const works = [0, 1, 2, 3].map(() => held());
  const runs = works.map(({ work }, index) =>
    limit.run(() => {
      begun.push(index);
      return work();
    }),
  );
  expect(limit).toMatchObject({ inFlight: 2, queued: 2 });
  works[1]!.end();
  expect(await runs[1]).toBe('done');
  works[0]!.end();
  await runs[0];
  for (const { end } of works) end();
  expect(await Promise.all(runs)).toEqual(['done', 'done', 'done', 'done']);
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(limit).toMatchObject({ inFlight: 0, queued: 0 });
});

it('more than the queue takes, and what has waited too long, is never begun', async () => {
  const limit = new Limit({ atOnce: 1, queued: 1, waitMs: 1 });
  const first = held();
  const running = limit.run(first.work);
  const never = jest.fn();
  const [late, full] = [limit.run(never), limit.run(never)];
  expect(limit.queued).toBe(1);
  expect(await full).toBeUndefined();
  expect(await late).toBeUndefined();
  expect(limit).toMatchObject({ inFlight: 1, queued: 0 });
  first.end();
  await running;
  expect(await limit.run(async () => 'next')).toBe('next');
  expect(never).not.toHaveBeenCalled();
});

it('a work that fails gives its place back', async () => {
  const limit = new Limit({ atOnce: 1, queued: 1, waitMs: 60_000 });
  await expect(limit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(limit.inFlight).toBe(0);
});

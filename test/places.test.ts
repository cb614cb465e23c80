/** Places for what is sent: never more at a time than there are, and each sender's turn comes however much another has. */
import { setImmediate as turn } from 'node:timers/promises';
import { Places } from '../temporal/places';

/** Work that ends when it is told to, in the order in which it was begun. */
function workshop(places: Places) {
  const begun: string[] = [];
  const running: (() => void)[] = [];
  let most = 0;
  return {
    begun,
    send: (sender: object, names: string[]): Promise<unknown> =>
      Promise.all(
        names.map((name) =>
          places.use(sender, async () => {
            begun.push(name);
            await new Promise<void>((end) => {
              running.push(end);
              most = Math.max(most, running.length);
            });
          }),
        ),
      ),
    /** Ends the work that was begun first, and lets what comes of it begin. */
    endOne: async () => {
      await turn();
      running.shift()!();
      await turn();
    },
    get most() {
      return most;
    },
    get running() {
      return running.length;
    },
  };
}

const many = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, place) => `${name}${place}`);

it('has no more under way than there are places, and does all of it', async () => {
  const shop = workshop(new Places(2));
  const sent = shop.send({}, many('a', 5));
  await shop.endOne();
  while (shop.running) await shop.endOne();
  await sent;
  expect([shop.most, shop.begun]).toEqual([2, many('a', 5)]);
});

it('goes round the senders: one that comes last with one thing waits for a turn, not for all that others have', async () => {
  const shop = workshop(new Places(1));
  const sent = [shop.send({}, many('a', 100)), shop.send({}, many('b', 100)), shop.send({}, ['c'])];
  for (let ended = 0; ended < 5; ended += 1) await shop.endOne();
  expect(shop.begun).toEqual(['a0', 'a1', 'b0', 'c', 'a2', 'b1']);
  while (shop.running) await shop.endOne();
  await Promise.all(sent);
  expect(shop.begun).toHaveLength(201);
});

it('gives a place on when the work fails', async () => {
  const places = new Places(1);
  const fails = async (): Promise<never> => {
    throw new Error('no');
  };
  await expect(places.use({}, fails)).rejects.toThrow('no');
  expect(await places.use({}, async () => 'done')).toBe('done');
});

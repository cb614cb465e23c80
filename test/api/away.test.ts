/**
 * What is promised when a server is away: an answer within the time, whether nobody listens or somebody
 * listens and never answers.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Client } from '@temporalio/client';
import { postgresAnswers, temporalAnswers } from '../../api/use-cases/health';
import { createPool } from '../../store/db';
import { lazyClient } from '../../temporal/connect';
import { Unavailable } from '../../temporal/meaning';
import { sendCommand } from '../../temporal/send';

/** The promises, and what a busy machine may add. */
const READY_MS = 2000;
const SEND_MS = 1500;
const SLACK_MS = 500;

/** Accepts connections and says nothing. */
const open = new Set<Socket>();
const hole: Server = createServer((socket) => {
  open.add(socket);
  socket.on('error', () => {});
});
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(async () => {
  process.on('unhandledRejection', note);
  hole.listen(0, '127.0.0.1');
  await once(hole, 'listening');
});
afterAll(() => {
  process.off('unhandledRejection', note);
  for (const socket of open) socket.destroy();
  hole.close();
  expect(unhandled).toEqual([]);
});

const places: [string, () => number][] = [
  ['nobody listens', () => 9],
  ['somebody listens and never answers', () => (hole.address() as AddressInfo).port],
];

async function took(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

describe.each(places)('%s', (_, port) => {
  it('Temporal: /readyz has its answer within 2 s, each time, and a command within its own', async () => {
    const connection = lazyClient({ address: `127.0.0.1:${port()}` });
    const temporal = new Client({ connection });
    try {
      for (let ask = 0; ask < 2; ask += 1) {
        const ms = await took(async () =>
          expect(await temporalAnswers({ temporal, namespace: 'default' })).toBe(false),
        );
        expect(ms).toBeLessThan(READY_MS + SLACK_MS);
      }
      const signer = { sign: () => 'unsigned', updateId: () => 'any' };
      const message = { id: 'a', by: 'b', command: { name: 'stop' } } as const;
      const send = sendCommand(temporal, 'web-1', message, { waitMs: SEND_MS, signer });
      expect(await took(() => expect(send).rejects.toThrow(Unavailable))).toBeLessThan(SEND_MS + SLACK_MS);
    } finally {
      await connection.close();
    }
  });

  it('PostgreSQL: /readyz has its answer within 2 s', async () => {
    const pool = createPool(`postgres://nobody:x@127.0.0.1:${port()}/none`, { max: 2 });
    const ms = await took(async () => expect(await postgresAnswers({ pool })).toBe(false));
    expect(ms).toBeLessThan(READY_MS + SLACK_MS);
    await pool.end();
  });
});

/** Standard Webhooks 1.0, held against its own library. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { secretOf, signedHeaders, verifyConfirmation } from '../../drivers/signature';
import { Liar } from '../support/liar';

const written = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = written();
const OLD = written();
const secrets = [secretOf(SECRET)!];
const NOW = Date.now();
const body = '{"instanceId":"ins-1","stepKey":"ins-1/7","outcome":{"state":"done"},"x":"龙"}';

/** As the library signs it. */
function sent(secret = SECRET, id = 'msg-1', atMs = NOW): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
  };
}

it('what we sign, the library verifies; of two secrets either', () => {
  const headers = signedHeaders([secretOf(OLD)!, ...secrets], 'msg-1', body, NOW);
  expect(new Webhook(SECRET).verify(body, headers)).toEqual(JSON.parse(body));
  expect(new Webhook(OLD).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(written()).verify(body, headers)).toThrow('No matching signature');
  expect(headers['webhook-signature']!.split(' ')[1]).toBe(sent()['webhook-signature']);
});

it('what the library signs, we verify; with any secret that is known', () => {
  expect(verifyConfirmation(sent(), body, secrets, NOW)).toEqual({ id: 'msg-1' });
  expect(verifyConfirmation(sent(), Buffer.from(body), secrets, NOW)).toEqual({ id: 'msg-1' });
  expect(verifyConfirmation(sent(OLD), body, [...secrets, secretOf(OLD)!], NOW)).toEqual({ id: 'msg-1' });
  const both = `v1a,${'A'.repeat(86)}== ${sent(OLD)['webhook-signature']} ${sent()['webhook-signature']}`;
  expect(verifyConfirmation({ ...sent(), 'webhook-signature': both }, body, secrets, NOW)).toEqual({
    id: 'msg-1',
  });
});

const NO_SIGNATURE = 'no signature is by a secret that is known here';
it.each<[string, Parameters<typeof verifyConfirmation>, string | RegExp]>([
  ['another secret', [sent(OLD), body, secrets, NOW], NO_SIGNATURE],
  ['no secret', [sent(), body, [], NOW], NO_SIGNATURE],
  ['another body', [sent(), body.replace('done', 'gone'), secrets, NOW], NO_SIGNATURE],
  ['another id', [{ ...sent(), 'webhook-id': 'msg-2' }, body, secrets, NOW], NO_SIGNATURE],
  [
    'another time',
    [{ ...sent(), 'webhook-timestamp': String(Math.floor(NOW / 1000) + 1) }, body, secrets, NOW],
    NO_SIGNATURE,
  ],
  ['six minutes ago', [sent(SECRET, 'msg-1', NOW - 360_000), body, secrets, NOW], /is 36[01] s old/],
  ['in six minutes', [sent(SECRET, 'msg-1', NOW + 361_000), body, secrets, NOW], /is -36[01] s old/],
  ['no headers', [{}, body, secrets, NOW], /is missing/],
  ['two ids', [{ ...sent(), 'webhook-id': ['a', 'b'] }, body, secrets, NOW], /is missing/],
  ['a dot in the id', [sent(SECRET, 'msg.1'), body, secrets, NOW], 'webhook-id is not an id'],
  [
    'a time of words',
    [{ ...sent(), 'webhook-timestamp': '1e9' }, body, secrets, NOW],
    /no number of seconds/,
  ],
  ['an empty signature', [{ ...sent(), 'webhook-signature': 'v1,' }, body, secrets, NOW], NO_SIGNATURE],
  [
    'a signature without its version',
    [{ ...sent(), 'webhook-signature': sent()['webhook-signature']!.slice(3) }, body, secrets, NOW],
    NO_SIGNATURE,
  ],
])('%s is refused, and why is said', (_, input, reason) => {
  expect(verifyConfirmation(...input)).toEqual({
    refused: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  });
});

it('within five minutes is in time, before and after', () => {
  for (const ms of [-299_000, 299_000])
    expect(verifyConfirmation(sent(SECRET, 'msg-1', NOW + ms), body, secrets, NOW)).toEqual({ id: 'msg-1' });
});

it('a secret is whsec_ and 24 to 64 bytes', () => {
  const of = (bytes: number) => secretOf(`whsec_${randomBytes(bytes).toString('base64')}`);
  expect([23, 24, 64, 65].map((bytes) => of(bytes)?.length)).toEqual([undefined, 24, 64, undefined]);
  for (const wrong of ['', 'whsec_', SECRET.slice(6), `whsec_${'*'.repeat(40)}`, `WHSEC_${SECRET.slice(6)}`])
    expect(secretOf(wrong)).toBeUndefined();
});

it('a callback over the wire is verified as it came, and only with its own secret', async () => {
  const liar = new Liar();
  const came: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      for (const secret of [liar.secret, SECRET])
        came.push(verifyConfirmation(request.headers, raw, [secretOf(secret)!], Date.now()));
      came.push(JSON.parse(raw.toString()));
      response.writeHead(202).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect((await liar.confirm(to, 'ins-1/7', 'ins-1', { state: 'done' })).status).toBe(202);
  server.closeAllConnections();
  server.close();
  expect(came).toEqual([
    { id: expect.stringMatching(/^confirm_/) },
    { refused: NO_SIGNATURE },
    { instanceId: 'ins-1', stepKey: 'ins-1/7', outcome: { state: 'done' } },
  ]);
});

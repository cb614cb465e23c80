/** Who signs a request to the façade of Tencent Cloud, and who doesn't. */
import { makeKey } from '../support/keys';
import { useService } from '../support/service';
import { type Pair, send, signTc3, type Tc3 } from '../support/tencent';

const { http } = useService({ worker: false, authFailuresPerMinute: 100_000 });

let pair: Pair;
beforeAll(async () => {
  pair = await makeKey(http, { account: null, name: 'script', permissions: ['read'] });
});

const call = (more: Partial<Tc3> = {}) =>
  send(signTc3({ url: http.url, pair, action: 'NoSuchAction', version: '2017-03-12', ...more }));

it('a signature is taken, also of more headers; then it is about the action', async () => {
  for (const signed of [
    ['content-type', 'host'],
    ['content-type', 'host', 'x-tc-action'],
  ]) {
    const { status, type, body } = await call({ signed });
    expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
    expect(body).toMatchObject({ Error: { Code: 'InvalidAction' }, RequestId: expect.any(String) });
  }
});

it('a wrong secret is refused', async () => {
  const { body } = await call({ pair: { ...pair, secretKey: 'another' } });
  expect(body.Error).toMatchObject({ Code: 'AuthFailure.SignatureFailure' });
});

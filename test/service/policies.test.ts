/** The rules that are in force, as anybody with a key reads them. */
import { POLICIES } from '../../policies';
import { expectStatus } from '../support/lives';
import { useService } from '../support/service';

const { http } = useService({ worker: false });

it('every product says how its instances end, what comes back, and its worked examples', async () => {
  const { body } = expectStatus(await http.get('/v1/policies'), 200);
  expect(body.items.map(({ product, examples }) => [product, examples.length])).toEqual(
    POLICIES.map(({ product, examples }) => [product, examples.length]),
  );
  const [cvm] = body.items;
  expect(Object.keys(cvm!.lifecycle.end.postpaid.modes)).toEqual(['now', 'later', 'timed']);
  expect(cvm!.name).toBe('Tencent Cloud CVM');
});

it('in the reader’s language', async () => {
  const { body } = await http.get('/v1/policies', { headers: { 'accept-language': 'zh-CN' } });
  expect(body.items[0]!.name).toBe('腾讯云云服务器 CVM');
  expect(body.items[0]!.disposal[0]!.reason).toBe('弹性云盘会继续保留。');
});

describe('a product’s rules at work', () => {
  const worked = async (query = '', product = 'tencent-cvm') =>
    expectStatus(await http.get(`/v1/policies/${product}${query}`), 200).body;

  it.each(POLICIES.map(({ product }) => product))(
    '%s: every example is what the documents say',
    async (product) => {
      const { examples, curve } = await worked('', product);
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.filter(({ asExpected }) => !asExpected)).toEqual([]);
      for (const { expected, computed } of examples) {
        expect(computed.permitted).toBe(expected.permitted);
        if (expected.amount !== undefined && computed.refund.amount !== undefined)
          expect(Number(computed.refund.amount)).toBe(Number(expected.amount));
      }
      if (curve) expect(curve.points.length).toBeGreaterThan(50);
      else expect(examples.some(({ computed }) => computed.refund.lines?.length)).toBe(false);
    },
  );

  it('says what would change under another rule, and keeps nothing of it', async () => {
    const before = await worked();
    const without = await worked('?fiveDayCount=0&ordinaryCount=0');
    expect(without.knobs).toMatchObject({ fiveDayCount: 0, ordinaryCount: 0 });
    const returns = without.examples.filter(({ action, assisted }) => action === 'return' && !assisted);
    expect(returns.every(({ computed }) => !computed.permitted)).toBe(true);
    expect(returns.some(({ asExpected }) => !asExpected)).toBe(true);
    const dearer = await worked('?promotionFeeRate=0.9');
    const amounts = ({ examples }: typeof before) => examples.map(({ computed }) => computed.refund.amount);
    expect(amounts(dearer)).not.toEqual(amounts(before));
    expect(await worked()).toEqual(before);
  });

  it('is refused where there is no such product, and for what can’t be tried', async () => {
    expect((await http.get('/v1/policies/nothing')).body.code).toBe('NOT_FOUND');
    const { errors } = (
      await http.get('/v1/policies/tencent-cvm?fiveDayCount=x&promotionFeeRate=2&timeZone=UTC')
    ).body;
    expect(errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '/fiveDayCount NOT_A_WHOLE_NUMBER',
      '/promotionFeeRate NOT_A_RATE',
      '/timeZone UNKNOWN_FIELD',
    ]);
  });
});

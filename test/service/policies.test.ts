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

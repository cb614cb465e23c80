/**
 * Every page in both languages, light and dark, wide and narrow: nothing runs out of the page, and nobody is
 * left out who reads with a screen reader or needs contrast. Pictures of all of them are kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DIST, LANGS, useConsole } from '../support/console';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fastForward,
  fromNow,
  hoursAgo,
  jdPostpaid,
  newAccount,
  newId,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
} from '../support/lives';

const { service, reader } = useConsole();
const account = newAccount();
/** What there is to look at, by the name of its picture. */
const addresses: Record<string, string> = {};

beforeAll(async () => {
  const { http } = service;
  const named = async (kind: string, body: object) => await register(http, body, newId(kind));
  const returned = await named('web', cvmPrepaid({ account, name: 'web-1' }));
  const living = await named('web', cvmPrepaid({ account, name: '前端二号' }, hoursAgo(24 * 40)));
  const timed = await named('web', cvmPostpaid({ account, name: 'batch runner' }));
  const later = await named('web', cvmPostpaid({ account }));
  const mixed = { paid: { cash: '300', gift: '107.96', voucher: '100' } };
  const database = await named(
    'db',
    cvmPrepaid({ account, name: 'orders', orders: [purchase(hoursAgo(48), mixed)] }),
  );
  const promoted = { orders: [purchase(hoursAgo(48), { channel: 'promotion' })] };
  const promotion = await named('promo', cvmPrepaid({ account, ...promoted }));
  await named('cache', redisPrepaid({ account, name: 'sessions' }));
  await named('cache', redisPostpaid({ account, name: 'hot keys' }));
  await named('vm', jdPostpaid({ account, region: 'cn-north-1', zone: 'cn-north-1a' }));
  const { items, id: terminationId } = await end(http, [returned], { action: 'return' });
  await fastForward(http, returned, 'P5DT21H');
  await end(http, [timed], { schedule: { mode: 'timed', at: fromNow(30 * DAY) } });
  await end(http, [later], { schedule: { mode: 'later' } });
  const asked = expectStatus(
    await http.post('/v1/refund-requests', { instanceId: promotion, reason: 'ordered twice' }),
    201,
  ).body;
  const money = { kind: 'deposit', source: 'cash', currency: 'CNY', amount: '5000', reason: 'bank transfer' };
  const adjusted = `/v1/accounts/${account}/adjustments`;
  expectStatus(await http.post(adjusted, { ...money, reference: 'bank-2026-0417' }), 201);
  const { id: quoteId } = await quote(http, [database], { action: 'return' });
  const ending = `/end?action=return&instances=${database}&quote=${quoteId}&step=`;
  Object.assign(addresses, {
    instances: `/instances?account=${account}`,
    'instance-returned': `/instances/${returned}`,
    'instance-living': `/instances/${living}`,
    'instance-timed': `/instances/${timed}`,
    'dialog-restore': `/instances/${returned}?do=restore`,
    'dialog-skip': `/instances/${returned}?do=skip`,
    'dialog-protect': `/instances/${living}?do=protect`,
    'end-how': `/end?action=terminate&instances=${timed}&step=how`,
    'end-plan': `${ending}plan`,
    'end-refund': `${ending}refund`,
    'end-rules': `${ending}rules`,
    'end-confirm': `${ending}confirm`,
    termination: `/terminations/${terminationId}?submitted=true`,
    terminations: '/terminations',
    bin: '/bin',
    'bin-purge': `/bin?do=purge&instances=${returned},${later}`,
    'bin-restore': `/bin?do=restore&instances=${returned},${later}`,
    refunds: '/refunds',
    refund: `/refunds/${items[0]!.refundId}`,
    account: `/accounts/${account}`,
    'dialog-adjust': `/accounts/${account}?do=adjust`,
    'dialog-standing': `/accounts/${account}?do=standing`,
    requests: '/requests',
    request: `/requests/${asked.id}`,
    policies: '/policies/tencent-cvm',
    attention: '/attention',
    drift: '/drift',
    audit: '/audit',
    keys: '/keys',
  });
});

const ALL = LANGS.flatMap((lang) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    [1440, 768, 360].map((width) => ({ lang, scheme, width })),
  ),
);
/** Each language light and dark, each width at least once; at night all of them with all. */
const SOME: typeof ALL = [
  { lang: 'en', scheme: 'light', width: 1440 },
  { lang: 'zh', scheme: 'dark', width: 1440 },
  { lang: 'en', scheme: 'dark', width: 768 },
  { lang: 'zh', scheme: 'light', width: 360 },
];
const KINDS = process.env.SUNSET_NIGHTLY ? ALL : SOME;

it.each(KINDS)('$lang, $scheme, $width px', async (kind) => {
  const { page, go, look, barriers } = await reader(kind);
  const found: string[] = [];
  for (const [name, address] of Object.entries(addresses)) {
    await go(address);
    await page.locator('[role=status]').first().waitFor({ state: 'detached' });
    await look(name);
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (wide > kind.width) found.push(`${name}: ${wide} px wide`);
    found.push(...(await barriers()).map((barrier) => `${name}: ${barrier}`));
  }
  expect(found).toEqual([]);
});

it.each(LANGS)(
  '000-09, 002-09: signed in, and at the instances, by either of two ways, in %s',
  async (lang) => {
    const { page, go, look, barriers, words, button } = await reader({ lang, key: null });
    await go('/');
    await look('sign-in');
    expect(await barriers()).toEqual([]);
    await page.getByLabel(words.signIn.key, { exact: true }).fill('sk_wrong');
    await button(words.signIn.submit).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel(words.signIn.key, { exact: true }).fill(service.operatorKey);
    await button(words.signIn.submit).click();
    await page.getByRole('heading', { name: words.pages.instances }).waitFor();
    await go('/policies/tencent-cvm');
    await page.getByRole('link', { name: words.pages.instances, exact: true }).click();
    await page.getByRole('heading', { name: words.pages.instances }).waitFor();
  },
);

it('the first page takes no more than 250 kB', async () => {
  const { page, go, words } = await reader();
  const fetched: string[] = [];
  page.on('response', (response) => fetched.push(new URL(response.url()).pathname));
  await go(addresses.instances!);
  await page.getByRole('table', { name: words.list.table }).waitFor();
  const code = fetched.filter((path) => /^\/assets\/.*\.(js|css)$/.test(path) && !path.includes('/chinese-'));
  const bytes = code.map((path) => gzipSync(readFileSync(join(DIST, path)), { level: 9 }).length);
  const total = bytes.reduce((sum, one) => sum + one, 0);
  expect(total).toBeLessThan(250_000);
});

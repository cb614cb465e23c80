/**
 * The Temporal Web UI in a real browser: what an operator sees there without Sunset's own pages. Pictures go
 * to .test-results/web-ui.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { SIGNALS, workflowId } from '../../workflows/messages';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  fromNow,
  instanceOf,
  newAccount,
  newId,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';
import { shared } from '../support/shared';

const PICTURES = join(__dirname, '..', '..', '.test-results', 'web-ui');
const account = newAccount();
let browser: Browser;
let page: Page;

const { service } = useService();
beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await playwright.launch({
    args: [...chromium.args, '--no-sandbox'],
    executablePath: await chromium.executablePath(),
  });
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
}, 120_000);
afterAll(async () => {
  await browser?.close();
});

const at = (path: string): string => `${shared().webUiUrl}/namespaces/${shared().namespace}${path}`;
const listOf = (query: string): string => at(`/workflows?query=${encodeURIComponent(query)}`);
const pageOf = (id: string): string => at(`/workflows/${encodeURIComponent(workflowId(id))}`);
const look = async (name: string): Promise<void> =>
  void (await page.screenshot({ path: join(PICTURES, `${name}.png`) }));

/**
 * Opens an address and waits until a text is there. The list is written a moment after the workflow: it is
 * opened again until it shows.
 */
async function open(address: string, text: string): Promise<void> {
  await until(
    async () => {
      await page.goto(address, { waitUntil: 'domcontentloaded' });
      return await page
        .getByText(text)
        .first()
        .waitFor({ timeout: 20_000 }) // some 165 files: a busy machine needs its time for them
        .then(() => true)
        .catch(() => false);
    },
    `“${text}” on the page`,
    90_000,
  );
}

/** A text that can be seen: the page also holds hidden ones. */
const seen = (text: string | RegExp) => page.getByText(text).locator('visible=true').first();

/**
 * Whether a text comes up within five seconds in any frame: Markdown is shown in one of its own, once the
 * worker has answered for it.
 */
async function shows(text: string): Promise<boolean> {
  const there = async (): Promise<boolean> => {
    const frames = await Promise.all(page.frames().map((frame) => frame.content().catch(() => '')));
    return frames.some((html) => html.includes(text));
  };
  return await until(there, text, 5000).catch(() => false);
}

it('the list is filtered by account, state, product and release time', async () => {
  const { http } = service;
  const isolated = await register(http, cvmPostpaid({ account }), newId('later'));
  const scheduled = await register(http, cvmPostpaid({ account }), newId('timed'));
  const running = await register(http, cvmPostpaid({ account }), newId('running'));
  await end(http, [isolated], { schedule: { mode: 'later' } });
  await end(http, [scheduled], { schedule: { mode: 'timed', at: fromNow(30 * DAY) } });

  await open(listOf(`SunsetAccount="${account}" AND SunsetState="isolated"`), workflowId(isolated));
  expect(await page.getByText(workflowId(running)).count()).toBe(0);
  await look('list-isolated');
  await open(
    listOf(`SunsetAccount="${account}" AND SunsetReleaseTime > "${fromNow(DAY)}"`),
    workflowId(scheduled),
  );
  expect(await page.getByText(workflowId(isolated)).count()).toBe(0);
  await open(listOf(`SunsetAccount="${account}" AND SunsetProduct="tencent-cvm"`), workflowId(running));
  await look('list-account');
}, 240_000);

it('one instance’s page tells its state, what it waits for, until when, each step, and what was refused', async () => {
  const { http, client } = service;
  const id = await register(http, cvmPrepaid({ account }), newId('returned'));
  await client.workflow.getHandle(workflowId(id)).signal(SIGNALS.purge, { id: 's1', confirm: id });
  await until(async () => (await timelineOf(http, id)).length === 2, 'the refusal');
  await end(http, [id], { action: 'return' });
  const { purgeTime } = await instanceOf(http, id);

  await open(pageOf(id), `release from the recycle bin at ${purgeTime}`);
  for (const text of ['settle • step 2: return, running → isolated', /^\s*refuse\s*$/])
    await seen(text).waitFor({ timeout: 10_000 });
  await look('instance');
  // A refused signal, opened: its code is in the step's input.
  await seen(/^\s*refuse\s*$/).click();
  await seen('WRONG_STATE').waitFor({ timeout: 10_000 });
  await look('instance-refused');
  await seen('User Metadata').click();
  await until(async () => {
    if (await shows('waits for: release from the recycle bin')) return true;
    await page.reload();
    return false;
  }, 'the current details');
  await look('instance-details');
}, 240_000);

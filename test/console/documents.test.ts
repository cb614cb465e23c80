/**
 * The four documents click by click, each from its first click to what it leaves behind, in both languages:
 * what their readers do in their vendors' consoles, they do here.
 */
import type { Reader } from '../support/console';
import { LANGS, useConsole } from '../support/console';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  instanceOf,
  jdPostpaid,
  jdPrepaid,
  newAccount,
  newId,
  redisPostpaid,
  redisPrepaid,
  register,
  timelineOf,
  until,
} from '../support/lives';

const { service, reader } = useConsole();

/** The row of an instance in the list, found as its reader finds it. */
async function rowOf({ page, go, words }: Reader, account: string, id: string) {
  await go(`/instances?account=${account}`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: id }) });
  await row.waitFor();
  return {
    row,
    more: async (command: string) => {
      await row.getByRole('button', { name: words.list.actions(id) }).click();
      await page.getByRole('menuitem', { name: command }).click();
    },
  };
}

const nextTo = async ({ page, words }: Reader, step: keyof Reader['words']['end']['steps']) => {
  const name = `${words.common.next}: ${words.end.steps[step]}`;
  await page.getByRole('button', { name }).click();
};

describe.each(LANGS)('in %s', (lang) => {
  it('000-10, 000-13, 000-14, 000-15, 000-16, 000-17, 000-18, 000-19, 000-20: timed termination, from the list to its cancellation', async () => {
    const { http } = service;
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }), newId('timed'));
    const me = await reader({ lang });
    const { page, words, button } = me;
    // 000-10: More > Instance status > Terminate/Return; 000-03, 000-07: timed, with its time.
    const { more } = await rowOf(me, account, id);
    await more(words.command.terminate);
    await page.getByLabel(words.end.modes.timed.name).check();
    const at = page.getByLabel(words.end.at);
    await at.fill('2027-06-01T12:00:00');
    await me.look('000-how');
    await nextTo(me, 'plan');
    // 000-14: what is terminated, what is retained.
    await page.getByText(words.end.goes, { exact: true }).waitFor();
    await page.getByText(words.end.stays, { exact: true }).waitFor();
    await me.look('000-plan');
    await nextTo(me, 'confirm');
    // L10: not before it was read.
    const start = button(`${words.end.commit.terminate} …`);
    expect(await start.isDisabled()).toBe(true);
    await page.getByLabel(words.end.agree).check();
    await start.click();
    await me.look('000-confirm');
    // 000-15.
    await button(words.end.commit.terminate).click();
    await page.getByText(words.termination.status.scheduled).waitFor();
    expect((await instanceOf(http, id)).termination!.at).toBe('2027-06-01T10:00:00.000Z');

    // 000-16, 000-17: the list's billing mode says so, and its dialog comes on hover.
    const { row } = await rowOf(me, account, id);
    const label = row.getByRole('button', { name: words.timed.label, exact: true });
    await label.hover();
    await page.getByText(words.timed.at).waitFor();
    // By keyboard too: it is reached, shows it, and keeps the focus.
    await page.reload();
    await row.getByRole('link').focus();
    await page.keyboard.press('Tab');
    await page.getByText(words.timed.at).waitFor();
    expect(await label.evaluate((element) => element.matches(':focus'))).toBe(true);
    await me.look('000-timed');
    // 000-18, 000-19: a second dialog with the facts of the instance.
    await button(words.timed.cancel).click();
    const dialog = page.getByRole('dialog', { name: words.timed.confirmTitle });
    await dialog.getByText(id).first().waitFor();
    await dialog.getByText('ap-guangzhou-2').waitFor();
    await me.look('000-cancel');
    await dialog.getByRole('button', { name: words.timed.confirm }).click();
    await dialog.waitFor({ state: 'detached' });
    // 000-20: at once.
    await row.getByText(words.billing.postpaid).waitFor();
    expect((await instanceOf(http, id)).termination).toBeNull();
    expect((await timelineOf(http, id)).at(-1)!.command).toBe('cancel');
  });

  it('000-12: from its own page, now is for good and wants the id typed; two hours later can come back', async () => {
    const { http } = service;
    const account = newAccount();
    const gone = await register(http, cvmPostpaid({ account }), newId('gone'));
    const later = await register(http, cvmPostpaid({ account }), newId('later'));
    const me = await reader({ lang });
    const { page, words, button, link, go } = me;
    // 000-12: from the details page.
    await go(`/instances/${gone}`);
    await link(words.command.terminate).click();
    await nextTo(me, 'plan');
    await nextTo(me, 'confirm');
    await page.getByLabel(words.end.agree).check();
    await button(`${words.end.commit.terminate} …`).click();
    const commit = button(words.end.commit.terminate);
    expect(await commit.isDisabled()).toBe(true);
    await page.getByLabel(words.end.typeId(gone)).fill(gone);
    await me.look('000-for-good');
    await commit.click();
    await until(async () => (await instanceOf(http, gone)).state === 'terminated', 'the end');

    await go(`/instances/${later}`);
    await link(words.command.terminate).click();
    await page.getByLabel(words.end.modes.later.name).check();
    await nextTo(me, 'plan');
    await nextTo(me, 'confirm');
    await page.getByLabel(words.end.agree).check();
    await button(`${words.end.commit.terminate} …`).click();
    expect(await page.getByLabel(words.end.typeId(later)).count()).toBe(0);
    await button(words.end.commit.terminate).click();
    await link(words.termination.toBin).click();
    // 000-06, L1: in the bin for two hours, from which it comes back.
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: later }) });
    await row.getByText(words.state.isolated).waitFor();
    await row.getByRole('link', { name: words.bin.powerOn }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.dialogs.restore.submit }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText(words.sentence.running(null)[0] as string).waitFor();
    expect((await instanceOf(http, later)).state).toBe('running');
  });

  it('001-18, 001-19, 001-21, 001-22, 001-23, 001-24, 001-25, 001-26, 001-27, 001-28, 001-29, 001-30: return of a prepaid Redis instance, down to the ledger and back from the bin', async () => {
    const { http } = service;
    const account = newAccount();
    const id = await register(http, redisPrepaid({ account }), newId('redis'));
    const me = await reader({ lang });
    const { page, words, button, link } = me;
    // 001-18, 001-19: region, instance, More > Return & Refund.
    const { row, more } = await rowOf(me, account, id);
    await page.getByLabel(words.list.region).selectOption('ap-guangzhou');
    await row.waitFor();
    await more(words.command.return);
    // 001-21: the instance, with a way to its details; what is destroyed is said before anything else.
    const which = page.getByRole('region', { name: words.end.which });
    await which.getByText('ap-guangzhou-2').waitFor();
    await which.getByRole('link', { name: id }).waitFor();
    await nextTo(me, 'plan');
    await page.getByText(words.end.goes, { exact: true }).waitFor();
    await nextTo(me, 'refund');
    await page.getByText('407.96 CNY').first().waitFor();
    await me.look('001-refund');
    await nextTo(me, 'rules');
    // 001-22, 001-23: the rules are read and agreed to before anything else.
    const next = button(`${words.common.next}: ${words.end.steps.confirm}`);
    expect(await next.isDisabled()).toBe(true);
    await me.look('001-rules');
    await page.getByLabel(words.end.agree).check();
    await next.click();
    // 001-24: instance, network, region and zone, refund form, amount.
    for (const said of [id, words.facts.byTraffic, 'ap-guangzhou-2', words.refundKind['five-day']])
      await page.getByRole('cell').getByText(said).first().waitFor();
    await me.look('001-confirm');
    await button(`${words.end.commit.return} …`).click();
    // 001-25: form and amount once more.
    const again = page.getByRole('dialog', { name: words.end.again.return });
    await again.getByText('407.96 CNY', { exact: true }).waitFor();
    await again.getByText(words.refundKind['five-day']).waitFor();
    await me.look('001-again');
    await again.getByRole('button', { name: words.end.commit.return }).click();
    // 001-26, 001-27: submitted, its progress, its details.
    await page.getByText(words.termination.submitted).waitFor();
    await me.look('001-submitted');
    await link(words.termination.refundProgress).first().click();
    await page.getByText(words.refundStatus.done).first().waitFor();
    for (const account of ['deferred:o1', 'customer:cash']) await page.getByText(account).waitFor();
    await page.getByText(words.refunds.matches).waitFor();
    await me.look('001-order');
    // 001-28: the statement shows it arriving.
    await link(words.pages.account).click();
    await page.getByRole('cell').getByRole('link', { name: words.accounts.kinds.refund }).waitFor();
    await me.look('001-statement');
    // 001-29, 001-30: in the bin, isolated; power on with renewal.
    await link(words.pages.bin).click();
    const entry = page.getByRole('row').filter({ has: page.getByRole('link', { name: id }) });
    await entry.getByText(words.state.isolated).waitFor();
    await me.look('001-bin');
    await entry.getByRole('link', { name: words.bin.powerOnWithRenewal }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.dialogs.restore.withRenewal }).click();
    await until(async () => (await instanceOf(http, id)).state === 'running', 'the way back');
  });

  it('001-31, 001-32, 001-33, 001-34, 001-35: destruction of a pay-as-you-go Redis instance, and take offline now', async () => {
    const { http } = service;
    const account = newAccount();
    const id = await register(http, redisPostpaid({ account }), newId('redis'));
    const me = await reader({ lang });
    const { page, words, button, link } = me;
    const { row, more } = await rowOf(me, account, id);
    await page.getByLabel(words.list.region).selectOption('ap-guangzhou');
    await row.waitFor();
    await more(words.command.terminate);
    await nextTo(me, 'plan');
    await nextTo(me, 'confirm');
    // 001-33: the instance, what it means, and one confirmation; no page about money.
    await page.getByRole('region', { name: words.end.impact }).waitFor();
    await page.getByRole('cell').getByText(id).first().waitFor();
    for (const step of [words.end.steps.refund, words.end.steps.rules])
      expect(await page.getByRole('listitem').filter({ hasText: step }).count()).toBe(0);
    await page.getByLabel(words.end.agree).check();
    await button(`${words.end.commit.terminate} …`).click();
    await button(words.end.commit.terminate).click();
    // 001-34: isolated in the bin, with both ways out (001-35), and no fees any more.
    await link(words.termination.toBin).click();
    const entry = page.getByRole('row').filter({ has: page.getByRole('link', { name: id }) });
    await entry.getByText(words.state.isolated).waitFor();
    await entry.getByRole('link', { name: words.bin.powerOn }).waitFor();
    expect((await instanceOf(http, id)).billingStoppedAt).not.toBeNull();
    // 001-31: take offline now, by its typed id (L6).
    await entry.getByRole('link', { name: words.command.purge }).click();
    const dialog = page.getByRole('dialog');
    const release = dialog.getByRole('button', { name: words.dialogs.purge.submit });
    expect(await release.isDisabled()).toBe(true);
    await dialog.getByLabel(words.end.typeId(id)).fill(id);
    await me.look('001-purge');
    await release.click();
    await until(async () => (await instanceOf(http, id)).state === 'terminated', 'the release');
  });

  it('002-12, 002-14: JD Cloud deletes what is stopped, and says what to do with what runs', async () => {
    const { http } = service;
    const account = newAccount();
    const jd = { account, region: 'cn-north-1', zone: 'cn-north-1a' };
    const id = await register(http, jdPostpaid({ ...jd, state: 'running' }), newId('vm'));
    const monthly = await register(http, jdPrepaid({ ...jd, state: 'stopped' }), newId('vm'));
    const me = await reader({ lang });
    const { page, words, button, link, go } = me;
    const quoted = async (one: string) => {
      await go(`/end?action=terminate&instances=${one}&step=how`);
      await nextTo(me, 'plan');
      await page.getByText(words.end.blocked(1)).waitFor();
    };
    // 002-03: stop it first. 002-05: not before it has expired.
    await quoted(id);
    await page.getByText('NOT_STOPPED').waitFor();
    await me.look('002-running');
    await quoted(monthly);
    await page.getByText('NOT_EXPIRED').waitFor();
    // 002-02: stopped, and deleted (002-12, 002-14).
    await go(`/instances/${id}`);
    await link(words.command.stop).click();
    await page.getByRole('dialog').getByRole('button', { name: words.command.stop }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await link(words.command.terminate).click();
    await nextTo(me, 'plan');
    // 002-07, 002-08: disks as they are set, the elastic address stays.
    await page.getByText(words.end.stays, { exact: true }).waitFor();
    await nextTo(me, 'confirm');
    await page.getByLabel(words.end.agree).check();
    await button(`${words.end.commit.terminate} …`).click();
    await page.getByLabel(words.end.typeId(id)).fill(id);
    await button(words.end.commit.terminate).click();
    await until(async () => (await instanceOf(http, id)).state === 'terminated', 'the deletion');
  });

  it('001-20: a return is disabled when all of them are used, and says why and what happens then', async () => {
    const { http } = service;
    const account = newAccount();
    const used = Array.from({ length: 4 }, () => newId('used'));
    for (const id of used) await register(http, redisPrepaid({ account }), id);
    const id = await register(http, redisPrepaid({ account }), newId('last'));
    await end(http, used, { action: 'return' });
    const me = await reader({ lang });
    const { page, words } = me;
    const { row } = await rowOf(me, account, id);
    await row.getByRole('button', { name: words.list.actions(id) }).click();
    const item = page.getByRole('menuitem', { name: words.command.return });
    await item.waitFor();
    expect(await item.isDisabled()).toBe(true);
    const headers = { 'accept-language': lang };
    const { items } = expectStatus(await http.get(`/v1/instances/${id}/commands`, { headers }), 200).body;
    const [blocker] = items.find(({ command }) => command === 'return')!.blockers;
    expect(blocker!.code).toBe('QUOTA_USED');
    expect(await item.textContent()).toContain(blocker!.message);
    await me.look('001-used-up');
    await page.keyboard.press('Escape');
    await me.go(`/instances/${id}`);
    await page.getByText(new RegExp(`^${words.instance.notNow}`)).click();
    await page.getByText(blocker!.next).first().waitFor();
  });

  it('002-10, 002-11, 002-13, 002-15: several stopped machines of a region are deleted at once, and followed to the end', async () => {
    const { http } = service;
    const account = newAccount();
    const jd = { account, region: 'cn-north-1', zone: 'cn-north-1a' };
    const ids = [newId('pair'), newId('pair')];
    for (const id of ids) await register(http, jdPostpaid(jd), id);
    await register(http, jdPostpaid({ ...jd, region: 'cn-east-2' }), newId('elsewhere'));
    const me = await reader({ lang });
    const { page, words, button, link } = me;
    const { row } = await rowOf(me, account, ids[0]!);
    await page.getByLabel(words.list.region).selectOption('cn-north-1');
    await page.getByText(words.list.shown('2')).waitFor();
    await row.getByText(words.state.stopped).waitFor();
    for (const id of ids) await page.getByLabel(words.list.select(id)).check();
    await link(`${words.command.terminate} (2)`).click();
    await nextTo(me, 'plan');
    await nextTo(me, 'confirm');
    await page.getByLabel(words.end.agree).check();
    await button(`${words.end.commit.terminate} …`).click();
    await page.getByLabel(words.end.typeCount('2')).fill('2');
    await button(words.end.commit.terminate).click();
    await page.getByText(words.termination.submitted).waitFor();
    const done = page.getByRole('cell').getByText(words.termination.status.done, { exact: true });
    await until(async () => (await done.count()) === 2, 'both deletions on the page');
    for (const id of ids) expect((await instanceOf(http, id)).state).toBe('terminated');
  });

  it('003: the first return within five days pays all, the second less what was used', async () => {
    const { http } = service;
    const account = newAccount();
    const first = await register(http, cvmPrepaid({ account }), newId('first'));
    const second = await register(http, cvmPrepaid({ account }), newId('second'));
    const me = await reader({ lang });
    const { page, words, button, link, go } = me;
    const refund = async (id: string) => {
      await go(`/end?action=return&instances=${id}&step=how`);
      await nextTo(me, 'plan');
      await nextTo(me, 'refund');
      await page.getByText(words.end.comesBack, { exact: true }).waitFor();
    };
    await refund(first);
    await page.getByText('407.96 CNY').first().waitFor();
    await page.getByText(words.end.fiveDayHere).waitFor();
    await nextTo(me, 'rules');
    await page.getByLabel(words.end.agree).check();
    await nextTo(me, 'confirm');
    await button(`${words.end.commit.return} …`).click();
    await button(words.end.commit.return).click();
    await link(words.termination.refundProgress).first().waitFor();
    await until(async () => (await instanceOf(http, first)).state === 'isolated', 'the return');
    // 003-39: 48 h × 0.42 (and the seconds since) are off; 003-02: the right is used up.
    await refund(second);
    await page.getByText(words.end.fiveDayLeft(0)).waitFor();
    await page.getByText(/−20\.\d\d CNY/).waitFor();
    await me.look('003-second');
  });
});

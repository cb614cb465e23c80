/** What a control plane does not bring to an end, and what it has otherwise: seen and decided on the page. */
import { keepDrift } from '../../store/lives/drift';
import { findInstances } from '../../store/lives/instances';
import { useConsole } from '../support/console';
import {
  cvmPostpaid,
  cvmPrepaid,
  expectStatus,
  instanceOf,
  newId,
  quote,
  register,
  until,
} from '../support/lives';
import { FAR, farPlanes, IMPATIENT, Machines } from '../support/machines';

const plane = new Machines();
const { service, reader } = useConsole({ controlPlanes: farPlanes(plane), policies: IMPATIENT });

async function stuckReturn(): Promise<string> {
  plane.answer = (goal) => (goal === 'isolated' ? { state: 'pending', pollAfter: 1 } : undefined);
  const id = await register(service.http, cvmPrepaid({ region: FAR }), newId('stuck'));
  const { id: quoteId } = await quote(service.http, [id], { action: 'return' });
  await service.http.post('/v1/terminations', { quoteId, agree: true });
  await until(async () => (await instanceOf(service.http, id)).attention !== null, 'attention');
  return id;
}

it.each(['en', 'zh'] as const)(
  'a step that is stuck: seen, opened, and asked for again (%s)',
  async (lang) => {
    const id = await stuckReturn();
    const { page, words, go, look, button, link, barriers } = await reader({ lang });
    await go('/attention');
    await page.getByRole('link', { name: id }).waitFor();
    await look('attention-stuck');
    expect(await barriers()).toEqual([]);
    await go(`/instances/${id}`);
    await look('instance-stuck');
    await link(words.command.resolve).click();
    const said = words.dialogs.resolve;
    await page.getByText(said.actions.skip.name).waitFor();
    await page.getByLabel(words.common.reason).fill('it answers again');
    await look('dialog-resolve');
    expect(await barriers()).toEqual([]);
    await button(said.submit.retry).click();
    await page.getByText(said.actions.skip.name).waitFor({ state: 'detached' });
    plane.answer = () => undefined;
    await until(async () => (await instanceOf(service.http, id)).state === 'isolated', 'its isolation');
    // The page follows by itself.
    await link(words.command.restore).waitFor();
    await look('instance-isolated-at-last');
  },
);

it.each(['en', 'zh'] as const)(
  'a machine that is gone is adopted: terminated, without a refund (%s)',
  async (lang) => {
    const id = await register(service.http, cvmPostpaid({ region: FAR }), newId('drift'));
    const [row] = await findInstances(service.pool, [id]);
    await keepDrift(service.pool, { ...row!, seq: 0 }, { exists: false, power: 'stopped', isolated: false });
    const { page, words, go, look, button, barriers } = await reader({ lang });
    await go('/drift');
    const line = page.getByRole('row').filter({ hasText: id });
    await line.waitFor();
    await look('drift');
    expect(await barriers()).toEqual([]);
    await line.getByRole('button', { name: words.drift.decide }).click();
    await page.getByLabel(words.drift.actions.adopt.name).check();
    await page.getByLabel(words.common.reason).fill('ticket 4711');
    await look('dialog-drift');
    await button(words.drift.submit.adopt).click();
    await until(async () => (await instanceOf(service.http, id)).state === 'terminated', 'its end');
    await line.waitFor({ state: 'detached' });
    const { items } = expectStatus(
      await service.http.get(`/v1/drift?instanceId=${id}&status=adopted`),
      200,
    ).body;
    expect(items[0]!.decision).toMatchObject({ reason: 'ticket 4711' });
  },
);

/**
 * A workflow as somebody could start it in the place of an instance's, with a worker of his own: it says of
 * each command that it was done.
 */
import { condition, setHandler } from '@temporalio/workflow';
import { UPDATES } from '../../workflows/messages';

export async function instance(): Promise<void> {
  setHandler(UPDATES.power, ({ id }) => ({ state: 'running', step: 1, refundId: null, commandId: id }));
  await condition(() => false);
}

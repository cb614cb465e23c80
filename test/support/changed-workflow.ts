/**
 * The instance workflow with a change that breaks living instances: it sleeps first. For the replay test,
 * which must notice.
 */
import { sleep } from '@temporalio/workflow';
import { instance as unchanged } from '../../workflows';

export async function instance(input: Parameters<typeof unchanged>[0]): ReturnType<typeof unchanged> {
  await sleep('1 minute');
  return await unchanged(input);
}

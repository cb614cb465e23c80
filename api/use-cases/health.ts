/** Whether the parts that every write needs answer. */
import { ping } from '../../store/db';
import type { ApiDeps } from '../deps';

const WITHIN_MS = 2000;

/**
 * Asks the Temporal server for the namespace: a server that is up without it is of no use either. Waits for
 * the call's own deadline, which holds by the connection's interceptor (temporal/connect.ts), rather than
 * racing it: a call that is left alone would go on behind.
 */
export async function temporalAnswers({
  temporal,
  namespace,
}: Pick<ApiDeps, 'temporal' | 'namespace'>): Promise<boolean> {
  const ask = () => temporal.connection.workflowService.describeNamespace({ namespace });
  return await succeeds(temporal.withDeadline(Date.now() + WITHIN_MS, ask));
}

/** A pool may wait longer for a connection than anybody waits for this. */
export async function postgresAnswers({ pool }: Pick<ApiDeps, 'pool'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), WITHIN_MS);
  });
  const answer = await Promise.race([succeeds(ping(pool)), late]);
  clearTimeout(timer);
  return answer;
}

const succeeds = async (question: Promise<unknown>): Promise<boolean> =>
  await question.then(
    () => true,
    () => false,
  );

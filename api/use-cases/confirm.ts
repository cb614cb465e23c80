import { askedAs } from '../../domain/lifecycle';
import { verifyConfirmation } from '../../drivers/signature';
import { findInstance } from '../../store/lives/instances';
import { sendConfirmed } from '../../temporal/send';
import type { ApiDeps } from '../deps';
import type { Call } from '../http/call';
import { Problem } from '../problem';

interface Confirmation {
  instanceId: string;
  stepKey: string;
}

/**
 * A control plane says that a step has come to its end. It is only looked at the sooner: what is booked is what is then seen.
 * @returns whether somebody waits for this step
 * @throws Problem 401, the same for what is not signed and for what there is not
 */
export async function confirm(
  { pool, temporal, controlPlanes, logger }: ApiDeps,
  { headers, bytes }: Call['received'],
  { instanceId, stepKey }: Confirmation,
): Promise<boolean> {
  const life = (await findInstance(pool, instanceId))?.life;
  const secrets = (life?.driver !== undefined && controlPlanes?.secretsOf(life.driver)) || [];
  const verified = verifyConfirmation(headers, bytes, secrets, Date.now());
  if ('refused' in verified) {
    logger.warn({ instanceId, why: verified.refused }, 'a confirmation was refused');
    throw new Problem('WRONG_SIGNATURE');
  }
  const isAwaited = life?.crossing !== undefined && stepKey === `${instanceId}/${askedAs(life.crossing)}`;
  if (isAwaited) await sendConfirmed(temporal, instanceId);
  return isAwaited;
}

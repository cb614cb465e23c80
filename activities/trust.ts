/** Whose word counts for what (domain/signed.ts), as a worker is set. */
import type { Command } from '../domain/commands';
import { type Authority, isUnsignedName, type Signable, unsignedName } from '../domain/signed';
import type { StepInput } from '../domain/step';
import type { AuthorizedStep } from '../store/lives/steps';
import type { Signatures, SignatureVerdict } from '../store/signatures';

export interface Trust {
  signatures: Signatures;
  /**
   * What to do with messages that nobody vouches for; default: they may do what the documented signals may.
   */
  unsigned?: 'allow' | 'refuse' | undefined;
}

/**
 * The step with what its message's signature is worth. A refusal is recorded whatever it is worth, and then
 * in nobody's name.
 */
export function withAuthority(input: StepInput, trust: Trust): AuthorizedStep {
  const authority = authorityOf(input.voucher, input.by);
  const refusal = refusalOf(input, trust);
  if (refusal === undefined || input.refused === undefined) return { ...input, authority, refusal };
  return { ...input, authority: 'unsigned', by: unsignedName(input.by), refused: refusal };
}

/**
 * A termination that was agreed to by an unsigned signal is signed by the service, and stays nobody's word.
 */
function authorityOf(voucher: StepInput['voucher'], by: string): Authority {
  if (voucher === undefined) return 'before';
  if (typeof voucher === 'string') return voucher;
  return isUnsignedName(by) ? 'unsigned' : 'signed';
}

function refusalOf(input: StepInput, { signatures, unsigned }: Trust): AuthorizedStep['refusal'] {
  const { voucher, birth } = input;
  if (voucher === undefined || voucher === 'sunset') return undefined;
  if (voucher === 'unsigned') return birth || unsigned === 'refuse' ? 'UNSIGNED' : undefined;
  return verdictOn(input, voucher, signatures) === 'good' ? undefined : 'BAD_SIGNATURE';
}

function verdictOn(
  input: StepInput,
  { signature, message }: { signature: string; message?: Signable | undefined },
  signatures: Signatures,
): SignatureVerdict {
  const { instanceId, birth, commandId: id, by, body } = input;
  if (birth) return signatures.verifyBirth({ instanceId, ...birth, envelope: { id, by } }, signature);
  return signatures.verify(instanceId, message ?? { id, by, command: body as Command }, signature);
}

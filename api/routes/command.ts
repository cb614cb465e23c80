/** What the commands to one instance have in common. */
import type { z } from 'zod';
import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import type { paidSchema } from '../../contract/registration';
import { paidIssues, priceIssues } from '../../contract/registration-rules';
import type { byId } from '../../contract/requests';
import type { Command } from '../../domain/commands';
import type { Prices } from '../../domain/instance';
import type { InstanceRow } from '../../store/lives/instances';
import type { Call, Reply } from '../call';
import { carryOut } from '../commands';
import type { ApiDeps } from '../deps';
import { invalid } from '../errors';
import { existingInstance } from '../existing';
import type { Answers } from '../route';

export type InstanceCall<B = unknown> = Call<z.output<typeof byId>, unknown, B>;

export const COMMAND_ANSWERS: Answers = {
  200: { description: 'Done: the instance as it now is.', schema: instanceAnswer },
  202: {
    description: 'Handed over, or nobody answered in time; the instance and its timeline tell.',
    schema: acceptedAnswer,
    location: 'The instance.',
  },
};

/** What any command to an instance may answer beside its own problems (L20). */
export const COMMAND_PROBLEMS = { 429: ['TOO_MANY_COMMANDS'] };

/** Sends a command that needs nothing but its body. */
export async function send(deps: ApiDeps, call: InstanceCall, command: Command): Promise<Reply> {
  return await carryOut(deps, await existingInstance(deps, call.caller, call.params.id), call, command);
}

/** @throws Problem 400 when a price snapshot is not what a registration's would have to be (M23) */
export function requireSoundPrices(row: InstanceRow, prices: Prices | undefined, path: string[]): void {
  const currency = row.facts.prices?.currency;
  const issues = prices && currency ? priceIssues(prices, currency, row.policy, path) : [];
  if (issues.length) throw invalid(issues);
}

/** @throws Problem 400 when an amount has more digits than the instance's currency */
export function requireDigits(row: InstanceRow, paid: z.output<typeof paidSchema> | undefined, path: string[]): void {
  const currency = row.facts.prices?.currency;
  const issues = paid && currency ? paidIssues(paid, currency, path) : [];
  if (issues.length) throw invalid(issues);
}

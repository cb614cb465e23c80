/** What is asked of one instance, and refused in its name. */
import type { CommandResult } from '../../../api/use-cases/command';
import { AboutInstance, unanswered } from '../errors';

/** @throws AboutInstance of whatever is thrown */
export async function inNameOf<T>(id: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new AboutInstance(id, error);
  }
}

/** @throws VendorError when nobody has answered */
export function requireAnswer(result: CommandResult): void {
  if (result.is !== 'done') throw unanswered(result.instanceId);
}

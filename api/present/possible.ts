/** What can be done, in one language. */
import type { CommandsAnswer } from '../../contract/commands';
import { kindOf } from '../../contract/problems';
import type { Lang } from '../../domain/text';
import { forbidden } from '../caller';
import { presentProblem } from '../problem';
import type { Possible } from '../use-cases/possible';

export function presentPossible(
  { command, permissions, isPermitted, blockers }: Possible,
  lang: Lang,
): CommandsAnswer['items'][number] {
  const { code, detail, next } = presentProblem(forbidden(permissions), lang);
  const lacking = isPermitted ? [] : [{ code, message: detail, next }];
  const others = blockers.map((one) => {
    const kind = kindOf(one);
    return { code: one, message: kind.detail[lang], next: kind.next[lang] };
  });
  return {
    command,
    possible: isPermitted && !others.length,
    permitted: isPermitted,
    permissions: [...permissions],
    blockers: [...lacking, ...others],
  };
}

/** Ends all that is selected: prepaid ones are returned, the others terminated. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { InstanceAnswer } from '../../../../contract/answers';
import { useSession } from '../../app/session';
import { useWords } from '../../words';

export function EndSelected({ selected }: { selected: readonly InstanceAnswer[] }) {
  const { command } = useWords();
  const { may } = useSession();
  const idsOf = (ofReturns: boolean) =>
    selected.filter((one) => isReturned(one) === ofReturns).map(({ id }) => id);
  const end = (action: 'terminate' | 'return', ids: string[]) =>
    may(action) && ids.length > 0 ? (
      <Button
        variant="outline"
        color="ember"
        renderRoot={(props) => (
          <Link {...props} to="/end" search={{ action, instances: ids.join(','), step: 'how' }} />
        )}
      >
        {command[action]} ({ids.length})
      </Button>
    ) : null;
  return (
    <>
      {end('terminate', idsOf(false))}
      {end('return', idsOf(true))}
    </>
  );
}

/** What was paid ahead comes back; an expired one has nothing left to return. */
const isReturned = ({ billing, state }: InstanceAnswer): boolean =>
  billing === 'prepaid' && state !== 'expired';

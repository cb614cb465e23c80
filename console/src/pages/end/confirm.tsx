/** The last step: what is ended, in which form and for which amount; and once more in a dialog of its own (001-24, 001-25). */
import { Button, Checkbox } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Refused } from '../../api/call';
import { confirmQuote } from '../../api/commands';
import { useCommand } from '../../api/use-command';
import { Warnings } from '../../parts/blockers';
import { Modal } from '../../parts/modal';
import { Sheet } from '../../parts/sheet';
import { Refusal } from '../../parts/states';
import { useTyped } from '../../parts/typed';
import { useWords } from '../../words';
import { ConfirmTable } from './confirm-table';
import css from './end.module.css';
import { isForGood } from './for-good';
import { noticesOf } from './notices';
import { Onwards } from './onwards';
import type { StepProps } from './search';
import { Stale } from './stale';

export function Confirm(props: StepProps) {
  const { end } = useWords();
  const { search, quote } = props;
  const [isAsking, ask] = useDisclosure();
  const [isAgreed, setAgreed] = useState(search.action !== 'terminate');
  const items = quote.items.filter(({ permitted }) => permitted);
  return (
    <>
      <Sheet title={end.confirmList(items.length)}>
        <ConfirmTable items={items} search={search} />
      </Sheet>
      {search.action === 'terminate' && (
        <Sheet title={end.impact} note={quote.rulesVersion}>
          <Warnings warnings={noticesOf(quote)} />
          <Checkbox
            className={css.agree ?? ''}
            label={end.agree}
            checked={isAgreed}
            onChange={({ currentTarget }) => setAgreed(currentTarget.checked)}
          />
        </Sheet>
      )}
      <Onwards
        {...props}
        isReady={isAgreed}
        last={
          <Button color="ember" disabled={!isAgreed} onClick={ask.open}>
            {end.commit[search.action]} …
          </Button>
        }
      />
      {isAsking && <Again {...props} close={ask.close} />}
    </>
  );
}

/** Says once more what happens. What can't be undone wants its id typed; of several, how many they are. */
function Again({ search, quote, go, close }: StepProps & { close(): void }) {
  const { end } = useWords();
  const items = quote.items.filter(({ permitted }) => permitted);
  const { field, isTyped } = useTyped(items.map(({ instanceId }) => instanceId));
  const navigate = useNavigate();
  const confirming = useCommand(confirmQuote);
  const isFinal = isForGood(search, items);
  const commit = (skipStale: boolean): void =>
    confirming.mutate(
      { quoteId: quote.id, agree: true, skipStale },
      {
        onSuccess: ({ id }) =>
          void navigate({ to: '/terminations/$id', params: { id }, search: { submitted: true } }),
      },
    );
  const isStale = confirming.error instanceof Refused && confirming.error.problem.code === 'QUOTE_STALE';
  return (
    <Modal onClose={close} size="lg" title={end.again[search.action]}>
      <ConfirmTable items={items} search={search} isShort />
      <p className={isFinal ? css.final : 'quiet'}>{isFinal ? end.cannotBeUndone : end.canComeBack}</p>
      {isFinal && field}
      {isStale ? (
        <Stale
          problem={(confirming.error as Refused).problem}
          quoteAgain={() => go({ step: 'how' })}
          goOn={items.length > 1 ? () => commit(true) : undefined}
        />
      ) : (
        <Refusal error={confirming.error} />
      )}
      <div className={css.buttons}>
        <Button variant="default" onClick={close}>
          {end.notYet}
        </Button>
        <Button
          color="ember"
          loading={confirming.isPending}
          disabled={(isFinal && !isTyped) || isStale}
          onClick={() => commit(false)}
        >
          {end.commit[search.action]}
        </Button>
      </div>
    </Modal>
  );
}

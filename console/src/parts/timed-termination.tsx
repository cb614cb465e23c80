/** "Timed termination" in the billing mode: its schedule on hover or focus, and from there its cancellation (000-16…20). */
import { Button, Popover } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useLayoutEffect, useRef, useState } from 'react';
import { commandTo } from '../api/commands';
import type { Instance } from '../api/queries';
import { useCommand } from '../api/use-command';
import { useSession } from '../app/session';
import { useWords } from '../words';
import { InstanceFacts } from './instance-facts';
import { Modal } from './modal';
import { Refusal } from './states';
import { Countdown, Time } from './time';
import css from './timed-termination.module.css';

/** Its schedule is made when it is first pointed at or reached: a list is scrolled past many that never are. */
export function TimedTermination({ instance }: { instance: Instance }) {
  const { timed } = useWords();
  const [reached, reach] = useState<'pointed at' | 'focused'>();
  if (reached) return <Schedule instance={instance} hasFocus={reached === 'focused'} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: as below
    <span className={css.place} onMouseEnter={() => reach('pointed at')}>
      <button type="button" className={css.target} onFocus={() => reach('focused')} aria-haspopup="dialog">
        <Clock /> {timed.label}
      </button>
    </span>
  );
}

function Schedule({ instance, hasFocus }: { instance: Instance; hasFocus: boolean }) {
  const { timed } = useWords();
  const { may } = useSession();
  const [isShown, show] = useDisclosure(true);
  const [isAsking, ask] = useDisclosure();
  const target = useRef<HTMLButtonElement>(null);
  // It stands in the place of the one that was focused.
  useLayoutEffect(() => {
    if (hasFocus) target.current?.focus({ preventScroll: true });
  }, [hasFocus]);
  if (!instance.termination) return null;
  const { at } = instance.termination;
  return (
    <>
      <Popover
        opened={isShown}
        onChange={(next) => !next && show.close()}
        width={300}
        shadow="md"
        withArrow
        withinPortal={false}
        position="bottom-start"
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the button inside is what is used; here the mouse only rests */}
        <span className={css.place} onMouseEnter={show.open} onMouseLeave={show.close}>
          <Popover.Target>
            <button
              type="button"
              ref={target}
              className={css.target}
              onFocus={show.open}
              onClick={show.open}
              aria-haspopup="dialog"
            >
              <Clock /> {timed.label}
            </button>
          </Popover.Target>
          <Popover.Dropdown aria-label={timed.title}>
            <h3>{timed.title}</h3>
            <p>
              {timed.at}
              <br />
              <strong>
                <Time at={at} />
              </strong>
            </p>
            <p>
              {timed.in}{' '}
              <em>
                <Countdown at={at} ahead={instance.ahead} />
              </em>
            </p>
            <p className="quiet">{timed.lost}</p>
            {may('terminate') && (
              <Button size="xs" variant="default" onClick={ask.open}>
                {timed.cancel}
              </Button>
            )}
          </Popover.Dropdown>
        </span>
      </Popover>
      {isAsking && <CancelTermination instance={instance} close={ask.close} />}
    </>
  );
}

/** The second confirmation, with the facts of the instance that lives on. */
export function CancelTermination({ instance, close }: { instance: Instance; close(): void }) {
  const { timed } = useWords();
  const cancelling = useCommand(commandTo(instance.id, 'cancel'));
  return (
    <Modal onClose={close} title={timed.confirmTitle}>
      <p>{timed.confirmLead}</p>
      <InstanceFacts instance={instance} />
      <Refusal error={cancelling.error} />
      <div className={css.buttons}>
        <Button variant="default" onClick={close}>
          {timed.keep}
        </Button>
        <Button
          data-autofocus
          loading={cancelling.isPending}
          onClick={() => cancelling.mutate({}, { onSuccess: close })}
        >
          {timed.confirm}
        </Button>
      </div>
    </Modal>
  );
}

const Clock = () => (
  <svg
    width="14"
    height="14"
    viewBox="0 0 14 14"
    aria-hidden="true"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
  >
    <circle cx="7" cy="7" r="5.6" />
    <path d="M7 3.8V7l2.2 1.6" />
  </svg>
);

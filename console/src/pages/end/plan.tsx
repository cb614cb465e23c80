/** What goes and what stays (000-14): both columns of every instance; what can't be ended says why, and what to do. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Blockers } from '../../parts/blockers';
import { formatMoney, formatTime } from '../../parts/format';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { useLanguage, useWords } from '../../words';
import css from './end.module.css';
import { Onwards } from './onwards';
import type { Item, StepProps } from './search';

export function Plan({ search, quote, go }: StepProps) {
  const { end } = useWords();
  const blocked = quote.items.filter(({ permitted }) => !permitted);
  const permitted = quote.items.filter((item) => item.permitted);
  return (
    <>
      {blocked.length > 0 && <Blocked items={blocked} others={permitted.length} />}
      {permitted.length > 0 && (
        <Sheet title={end.plan} note={quote.rulesVersion}>
          <div className={css.plans}>
            {permitted.map((item) => (
              <PlanOf key={item.instanceId} item={item} isOpen={permitted.length < 4} />
            ))}
          </div>
        </Sheet>
      )}
      <Onwards search={search} quote={quote} go={go} isReady={permitted.length > 0} />
    </>
  );
}

function PlanOf({ item, isOpen }: { item: Item; isOpen: boolean }) {
  const { words, lang } = useLanguage();
  const { end, instance: said } = words;
  const { instanceId, plan, releaseTime, asOf } = item;
  const isKeptInBin = releaseTime !== null && Date.parse(releaseTime) - Date.parse(asOf) > 1000;
  return (
    <details open={isOpen} className={css.planOf}>
      <summary>
        <strong>{instanceId}</strong>
        {isKeptInBin && releaseTime && (
          <small> {end.released(formatTime(Date.parse(releaseTime), lang))}</small>
        )}
      </summary>
      <div className={css.columns}>
        <div>
          <h3>
            <Tag tone="ember">{end.goes}</Tag>
          </h3>
          <ul>
            {plan.terminate.map(({ kind, id }) => (
              <li key={`${kind} ${id}`}>
                {said[kind]} {id}
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h3>
            <Tag tone="moss">{end.stays}</Tag>
          </h3>
          {plan.retain.length === 0 && <p className="quiet">{end.nothingStays}</p>}
          <ul>
            {plan.retain.map(({ kind, id, reason, monthly }) => (
              <li key={`${kind} ${id}`}>
                {said[kind]} {id}
                <small>{reason}</small>
                {monthly && (
                  <small>{said.goesOnCosting(formatMoney(monthly.amount, monthly.currency, lang))}</small>
                )}
              </li>
            ))}
          </ul>
        </div>
      </div>
    </details>
  );
}

/** Codes that an operator can lift by an approval. */
const ASKABLE: readonly string[] = ['PROMOTION_CHANNEL', 'APPROVAL_REQUIRED'];
const isAskable = (blockers: Item['blockers']): boolean =>
  blockers.every(({ code }) => ASKABLE.includes(code));

function Blocked({ items, others }: { items: readonly Item[]; others: number }) {
  const { end, command } = useWords();
  return (
    <Sheet title={end.blocked(items.length)} note={others > 0 ? end.othersGoOn(others) : end.noneGoesOn}>
      {items.map(({ instanceId, blockers }) => (
        <div key={instanceId} className={css.blocked}>
          <Link to="/instances/$id" params={{ id: instanceId }}>
            {instanceId}
          </Link>
          <Blockers blockers={blockers} />
          {isAskable(blockers) && (
            <Button
              variant="default"
              size="xs"
              renderRoot={(props) => (
                <Link
                  {...props}
                  to="/instances/$id"
                  params={{ id: instanceId }}
                  search={{ do: 'request-refund' }}
                />
              )}
            >
              {command['request-refund']}
            </Button>
          )}
        </div>
      ))}
    </Sheet>
  );
}

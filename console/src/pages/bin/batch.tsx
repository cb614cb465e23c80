/** Out of the bin for several at once: what happens to each, one confirmation, and what became of each. */
import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Refused } from '../../api/call';
import { commandTo } from '../../api/commands';
import { type Instance, queries } from '../../api/queries';
import { type Outcome, useEach } from '../../api/use-each';
import { plus } from '../../parts/amounts';
import { Blockers } from '../../parts/blockers';
import { type Offered, offerOf } from '../../parts/commands';
import { Fates } from '../../parts/fates';
import { formatMoney } from '../../parts/format';
import { Modal } from '../../parts/modal';
import { MonthsOnly } from '../../parts/months-only';
import { Loading, Refusal } from '../../parts/states';
import { Tag } from '../../parts/tags';
import { useTyped } from '../../parts/typed';
import { useLanguage, useWords } from '../../words';
import css from './bin.module.css';
import type { Way } from './search';

interface One {
  id: string;
  instance: Instance;
  /** Missing: the key may not. */
  offer: Offered | undefined;
}

interface BatchProps {
  way: Way;
  ids: readonly string[];
  close(): void;
}

export function Batch({ way, ids, close }: BatchProps) {
  const { bin } = useWords();
  const instances = useQueries({ queries: ids.map((id) => queries.instance(id)) });
  const offers = useQueries({ queries: ids.map((id) => queries.commands(id)) });
  const failed = [...instances, ...offers].find(({ error, data }) => error && !data)?.error ?? null;
  const all = ids.flatMap((id, index): One[] => {
    const [instance, commands] = [instances[index]?.data, offers[index]?.data];
    return instance && commands ? [{ id, instance, offer: offerOf(way, commands)[0] }] : [];
  });
  return (
    <Modal onClose={close} size="lg" title={bin.batch[way].title(ids.length)}>
      <Refusal error={failed} />
      {!failed && all.length < ids.length && <Loading lines={4} />}
      {!failed && all.length === ids.length && <Confirm way={way} all={all} close={close} />}
    </Modal>
  );
}

function Confirm({ way, all, close }: { way: Way; all: readonly One[]; close(): void }) {
  const { bin, common } = useWords();
  const [months, setMonths] = useState(1);
  const { outcomes, run } = useEach((id, key) => {
    const { instance } = all.find((one) => one.id === id)!;
    return commandTo(id, way)(bodyOf(way, instance, months), key);
  });
  const going = all.filter(({ offer }) => offer?.isPossible).map(({ id }) => id);
  const { field, isTyped } = useTyped(going);
  const refused = [...outcomes].filter(([, outcome]) => outcome instanceof Error).map(([id]) => id);
  const isUnderWay = [...outcomes.values()].includes('under-way');
  const hasBegun = outcomes.size > 0;
  const isFinal = way === 'purge';
  const renewed = all.filter(
    ({ instance, offer }) => !isFinal && offer?.isPossible && instance.billing === 'prepaid',
  );
  return (
    <>
      <p>{bin.batch[way].lead}</p>
      {!hasBegun && renewed.length > 0 && <MonthsOnly value={months} onChange={setMonths} />}
      <ul className={css.batch} aria-label={bin.batch[way].title(all.length)}>
        {all.map((one) => (
          <li key={one.id}>
            <Link to="/instances/$id" params={{ id: one.id }}>
              {one.id}
            </Link>
            <What way={way} one={one} months={months} outcome={outcomes.get(one.id)} />
          </li>
        ))}
      </ul>
      {!hasBegun && renewed.length > 1 && <Together all={renewed} months={months} />}
      {!hasBegun && isFinal && going.length > 0 && field}
      <div className={css.buttons}>
        <Button variant="default" onClick={close}>
          {hasBegun ? common.close : common.cancel}
        </Button>
        {!hasBegun && (
          <Button
            {...(isFinal ? { color: 'ember' } : {})}
            disabled={going.length === 0 || (isFinal && !isTyped)}
            onClick={() => void run(going)}
          >
            {bin.batch[way].submit(going.length)}
          </Button>
        )}
        {hasBegun && !isUnderWay && refused.length > 0 && (
          <Button onClick={() => void run(refused)}>{bin.batch.again(refused.length)}</Button>
        )}
      </div>
    </>
  );
}

function bodyOf(way: Way, { id, billing }: Instance, months: number): object {
  if (way === 'purge') return { confirm: id };
  return billing === 'prepaid' ? { renewal: { months } } : {};
}

interface WhatProps {
  way: Way;
  one: One;
  months: number;
  outcome: Outcome | undefined;
}

/** What happens to it, or why nothing does; once it was asked for, what became of it. */
function What({ way, one: { instance, offer }, months, outcome }: WhatProps) {
  const { bin, termination, states } = useWords();
  if (outcome === 'done') return <Tag tone="moss">{bin.batch[way].done}</Tag>;
  if (outcome === 'under-way') return <Tag tone="amber">{termination.status.accepted}</Tag>;
  if (outcome instanceof Error) return <WhyNot error={outcome} />;
  if (!offer) return <span>{states.mayNot}</span>;
  if (!offer.isPossible) return <Blockers blockers={offer.blockers} />;
  if (way === 'purge') return instance.atRelease && <Fates fates={instance.atRelease} />;
  return instance.billing === 'prepaid' ? (
    <WithRenewal id={instance.id} months={months} />
  ) : (
    <span>{bin.batch.asItWas}</span>
  );
}

function WhyNot({ error }: { error: Error }) {
  const { states } = useWords();
  return error instanceof Refused ? (
    <Blockers blockers={[{ ...error.problem, message: error.problem.detail }]} />
  ) : (
    <span>{states.unreachable}</span>
  );
}

function WithRenewal({ id, months }: { id: string; months: number }) {
  const { words, lang } = useLanguage();
  const [price] = usePrices([id], months);
  const { bin, dialogs } = words;
  return (
    <span>
      {bin.batch.withRenewal(dialogs.months.count(months))}{' '}
      {price && <strong>{formatMoney(price.amount, price.currency, lang)}</strong>}
    </span>
  );
}

const usePrices = (ids: readonly string[], months: number) =>
  useQueries({ queries: ids.map((id) => queries.renewalPrice(id, months)) }).map(({ data }) => data);

/** What all renewals cost, by currency. */
function Together({ all, months }: { all: readonly One[]; months: number }) {
  const { words, lang } = useLanguage();
  const prices = usePrices(
    all.map(({ id }) => id),
    months,
  );
  const sums = new Map<string, string>();
  for (const price of prices)
    if (price) sums.set(price.currency, plus(sums.get(price.currency) ?? '0', price.amount));
  return (
    <p className={css.total}>
      {words.end.total(all.length)}{' '}
      <strong>{[...sums].map(([currency, sum]) => formatMoney(sum, currency, lang)).join(' · ')}</strong>
    </p>
  );
}

/** The first step: which instances, and when (000-03…08). Going on asks for a quote, which changes nothing. */
import { Button, NativeSelect, Radio } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { requestQuote } from '../../api/commands';
import { queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { Sheet } from '../../parts/sheet';
import { Refusal } from '../../parts/states';
import { defaultWhen, When } from '../../parts/when';
import { useWords } from '../../words';
import { Chosen } from './chosen';
import css from './end.module.css';
import { useModes } from './modes';
import { type EndSearch, idsOf, type Schedule } from './search';

interface HowProps {
  search: EndSearch;
  go(to: Partial<EndSearch>): void;
}

export function How({ search, go }: HowProps) {
  const { end, common } = useWords();
  const ids = idsOf(search);
  const modes = useModes(search.action, ids);
  const [mode, setMode] = useState<Schedule['mode']>(search.mode ?? 'now');
  const [at, setAt] = useState(search.at ?? defaultWhen());
  const [orderIds, setOrderIds] = useState<string[] | undefined>();
  const cache = useQueryClient();
  const quoting = useCommand(requestQuote);
  const schedule: Schedule = mode === 'timed' ? { mode, at } : { mode };
  const next = (): void =>
    quoting.mutate(
      { action: search.action, instanceIds: ids, schedule, ...(orderIds ? { orderIds } : {}) },
      {
        onSuccess: (quote) => {
          cache.setQueryData(queries.quote(quote.id).queryKey, quote);
          go({ step: 'plan', quote: quote.id, mode, ...(mode === 'timed' ? { at } : {}) });
        },
      },
    );
  return (
    <>
      <Sheet title={end.which}>
        <Chosen ids={ids} remove={(id) => go({ instances: ids.filter((one) => one !== id).join(',') })} />
      </Sheet>
      {search.action === 'terminate' && (
        <Sheet title={end.when}>
          <Radio.Group
            value={mode}
            onChange={(value) => setMode(value as Schedule['mode'])}
            aria-label={end.when}
          >
            <div className={css.modes}>
              {modes.map((one) => (
                <Radio key={one} value={one} label={end.modes[one].name} description={end.modes[one].means} />
              ))}
            </div>
          </Radio.Group>
          {mode === 'timed' && <When value={at} onChange={setAt} label={end.at} />}
        </Sheet>
      )}
      {search.action === 'return-renewals' && ids.length === 1 && (
        <Renewals id={ids[0]!} onChange={setOrderIds} />
      )}
      <Refusal error={quoting.error} />
      <div className={css.buttons}>
        <Button onClick={next} loading={quoting.isPending} disabled={ids.length === 0}>
          {common.next}: {end.steps.plan}
        </Button>
      </div>
    </>
  );
}

/** The last ones of the chain come back: from one of them on (M18). */
function Renewals({ id, onChange }: { id: string; onChange(orderIds: string[] | undefined): void }) {
  const { end } = useWords();
  const { data: instance } = useQuery(queries.instance(id));
  const renewals =
    instance?.orders.filter(({ kind, status }) => kind === 'renewal' && status === 'future') ?? [];
  if (renewals.length < 2) return null;
  return (
    <Sheet title={end.renewals}>
      <NativeSelect
        label={end.renewalsFrom}
        onChange={({ currentTarget }) => {
          const from = renewals.findIndex((one) => one.id === currentTarget.value);
          onChange(from === 0 ? undefined : renewals.slice(from).map((one) => one.id));
        }}
        data={renewals.map((one) => ({ value: one.id, label: one.id }))}
      />
    </Sheet>
  );
}

/** One instance: what it is, how it stands in a sentence, its life as a picture, and what can be done with it. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type Instance, queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Pair, Sheet } from '../../parts/sheet';
import { Failed, Loading } from '../../parts/states';
import { Life } from '../../pictures/life';
import { lifeMarks } from '../../pictures/life-marks';
import { useWords } from '../../words';
import { CommandBar } from './command-bar';
import { CommandDialog } from './dialogs';
import { Orders } from './orders';
import { Parts } from './parts';
import { RefundNow } from './refund-now';
import { Standing } from './standing';
import { Steps } from './steps';

const route = getRouteApi('/instances/$id');

export function InstancePage() {
  const { id } = route.useParams();
  const instance = useQuery(queries.instance(id));
  if (instance.data) return <Whole instance={instance.data} />;
  if (instance.error) return <Failed error={instance.error} retry={() => void instance.refetch()} />;
  return <Loading lines={6} />;
}

function Whole({ instance }: { instance: Instance }) {
  const { id, name } = instance;
  const navigate = route.useNavigate();
  const command = route.useSearch().do;
  return (
    <>
      <PageHead title={name ?? id} lead={<Standing instance={instance} />} />
      <CommandBar instance={instance} />
      <LifeSheet instance={instance} />
      <Pair>
        <Parts instance={instance} />
        <RefundNow instance={instance} />
      </Pair>
      <Orders instance={instance} />
      <Steps id={id} />
      {command && (
        <CommandDialog
          name={command}
          instance={instance}
          close={() => void navigate({ search: {}, replace: true })}
        />
      )}
    </>
  );
}

function LifeSheet({ instance }: { instance: Instance }) {
  const words = useWords();
  const steps = useInfiniteQuery(queries.timeline(instance.id));
  const entries = steps.data ?? [];
  const { folded } = lifeMarks(instance, entries, words, entries.length + 2);
  return (
    <Sheet title={words.instance.life} note={words.instance.lifeNote(folded)}>
      {steps.data ? <Life instance={instance} entries={entries} /> : <Loading />}
    </Sheet>
  );
}

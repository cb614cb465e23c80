/** Terminate/Return, step by step: nothing happens before the last one, and each says what it is about. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Failed, Loading } from '../../parts/states';
import { useWords } from '../../words';
import { Confirm } from './confirm';
import { How } from './how';
import { Plan } from './plan';
import { Refund } from './refund';
import { Rules } from './rules';
import { type EndSearch, idsOf, type Step, type StepProps, stepsOf } from './search';
import { QuoteNote, StepList } from './step-list';

const route = getRouteApi('/end');

export function End() {
  const { end } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const ids = idsOf(search);
  const go = (to: Partial<EndSearch>): void => {
    scrollTo(0, 0);
    void navigate({ search: { ...search, ...to } });
  };
  const name = ids.length === 1 ? ids[0]! : end.instances(ids.length);
  return (
    <>
      <PageHead
        title={end.title[search.action](name)}
        lead={search.quote ? <QuoteNote id={search.quote} /> : end.nothingYet}
      />
      <StepList steps={stepsOf(search.action)} now={search.step} />
      {search.step === 'how' || !search.quote ? (
        <How search={search} go={go} />
      ) : (
        <Quoted search={search} id={search.quote} go={go} />
      )}
    </>
  );
}

const PAGES: Record<Exclude<Step, 'how'>, (props: StepProps) => React.ReactNode> = {
  plan: Plan,
  refund: Refund,
  rules: Rules,
  confirm: Confirm,
};

function Quoted({ search, id, go }: { search: EndSearch; id: string; go(to: Partial<EndSearch>): void }) {
  const {
    data: quote,
    error,
    refetch,
  } = useQuery({ ...queries.quote(id), staleTime: Number.POSITIVE_INFINITY });
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!quote) return <Loading lines={6} />;
  const Page = PAGES[search.step === 'how' ? 'plan' : search.step];
  return <Page search={search} quote={quote} go={go} />;
}

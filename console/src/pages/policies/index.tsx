/** The rules of each product as a page to read, and a playground to try others in. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { PolicyAnswer } from '../../../../contract/policies';
import { queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Failed, Loading, NothingHere } from '../../parts/states';
import { useWords } from '../../words';
import { Playground } from './playground';
import css from './policies.module.css';
import { RulesOf } from './rules';

const route = getRouteApi('/policies/$product');

export function Policies() {
  const { data, error, refetch } = useQuery(queries.policies());
  const { product } = route.useParams();
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={6} />;
  const policy =
    data.items.find((one) => one.product === product) ?? (product === 'all' ? data.items[0] : undefined);
  return policy ? <Whole policy={policy} all={data.items} /> : <NothingHere />;
}

function Whole({ policy, all }: { policy: PolicyAnswer; all: readonly PolicyAnswer[] }) {
  const { policies } = useWords();
  return (
    <>
      <PageHead
        title={policy.name}
        lead={policies.lead(policy.product, policy.version, policy.sources.join(', '))}
      />
      <nav className={css.products} aria-label={policies.products}>
        {all.map(({ product, name }) => (
          <Link
            key={product}
            to="/policies/$product"
            params={{ product }}
            aria-current={product === policy.product ? 'page' : undefined}
          >
            {name}
          </Link>
        ))}
      </nav>
      <RulesOf policy={policy} />
      <Playground key={policy.product} policy={policy} />
    </>
  );
}

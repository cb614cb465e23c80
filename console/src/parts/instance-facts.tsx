import type { ReactNode } from 'react';
import type { InstanceAnswer } from '../../../contract/answers';
import { useWords } from '../words';
import css from './instance-facts.module.css';

/** Which instance it is: what one looks at before ending it, or before letting it live. */
export function InstanceFacts({ instance }: { instance: InstanceAnswer }) {
  const words = useWords();
  const { facts } = words;
  const { id, name, product, billing, region, zone, type, account, addresses } = instance;
  const lines: [string, ReactNode][] = [
    [facts.instance, <strong key="id">{id}</strong>],
    [facts.name, name],
    [facts.state, words.state[instance.state]],
    [facts.product, product],
    [facts.billing, words.billing[billing]],
    [facts.region, zone === undefined ? region : `${region} · ${zone}`],
    [facts.plan, type],
    [facts.addresses, addresses.map((address) => address.id).join(', ')],
    [facts.account, account],
  ];
  return (
    <dl className={css.facts}>
      {lines
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

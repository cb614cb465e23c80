import type { ReactNode } from 'react';
import type { Instance } from '../../api/queries';
import { formatDay, formatMoney } from '../../parts/format';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { useLanguage, type Words } from '../../words';
import css from './instance.module.css';

/** Plan, disks and addresses: what each of them is, and what becomes of it. */
export function Parts({ instance }: { instance: Instance }) {
  const { words, lang } = useLanguage();
  const said = words.instance;
  const { disks, addresses, prices, network } = instance;
  const costs = (month: string | undefined) =>
    month && prices ? said.costs(formatMoney(month, prices.currency, lang)) : null;
  return (
    <Sheet title={titleOf(instance, said)}>
      <table>
        <tbody>
          <Part
            name={`${said.instance} ${instance.id}`}
            fate={<Fate kind="instance" id={instance.id} instance={instance} />}
          >
            {[
              instance.product,
              instance.type,
              instance.region,
              instance.zone,
              instance.externalId,
              pricesOf(instance, words, lang),
            ]}
          </Part>
          {disks.map(({ id, kind, storage, deleteWithInstance, month }) => (
            <Part
              key={id}
              name={`${said.disk} ${id}`}
              fate={<Fate kind="disk" id={id} instance={instance} />}
            >
              {[said[kind], said[storage], deleteWithInstance ? said.deleted : null, costs(month)]}
            </Part>
          ))}
          {addresses.map(({ id, kind, month }) => (
            <Part
              key={id}
              name={`${said.address} ${id}`}
              fate={<Fate kind="address" id={id} instance={instance} />}
            >
              {[said[kind], costs(month)]}
            </Part>
          ))}
          <Part name={words.facts.network} fate={null}>
            {[network.billing === 'traffic' ? words.facts.byTraffic : words.facts.byBandwidth]}
          </Part>
        </tbody>
      </table>
    </Sheet>
  );
}

function titleOf({ state, atRelease }: Instance, said: Words['instance']): string {
  if (state === 'terminated') return said.became;
  return atRelease ? said.becomes : said.parts;
}

function Part({
  name,
  children,
  fate,
}: {
  name: string;
  children: (string | null | undefined)[];
  fate: ReactNode;
}) {
  return (
    <tr>
      <td>
        {name}
        <small className={css.note}>{children.filter(Boolean).join(' · ')}</small>
      </td>
      <td className="num">{fate}</td>
    </tr>
  );
}

function pricesOf(
  { prices }: Instance,
  { facts }: ReturnType<typeof useLanguage>['words'],
  lang: 'en' | 'zh',
): string | null {
  if (!prices) return null;
  const { month, hour, currency } = prices;
  const first = typeof hour === 'string' ? hour : hour?.[0]?.price;
  return [
    month && facts.aMonth(formatMoney(month, currency, lang)),
    first && facts.anHour(formatMoney(first, currency, lang)),
  ]
    .filter(Boolean)
    .join(' · ');
}

interface FateProps {
  kind: 'instance' | 'disk' | 'address';
  id: string;
  instance: Instance;
}

/** Of what has ended: whether it went or was kept; of what is in the bin: what its release does. */
function Fate({ kind, id, instance }: FateProps) {
  const { words, lang } = useLanguage();
  const said = words.instance;
  const { disposal, atRelease, purgeTime, protection } = instance;
  const isThis = (part: { kind: string; id: string }): boolean => part.kind === kind && part.id === id;
  if (disposal?.destroyed.some(isThis)) return <Tag tone="ember">{said.released}</Tag>;
  if (atRelease?.destroyed.some(isThis))
    return protection?.holdRelease || !purgeTime ? (
      <Tag tone="amber">{words.bin.held}</Tag>
    ) : (
      <Tag tone="ember">{said.releasedOn(formatDay(Date.parse(purgeTime), lang))}</Tag>
    );
  const kept = (disposal ?? atRelease)?.kept.find(isThis);
  if (!kept) return null;
  return (
    <>
      <Tag tone="moss">{said.kept}</Tag>
      {kept.monthly && (
        <small className={css.note}>
          {said.goesOnCosting(formatMoney(kept.monthly.amount, kept.monthly.currency, lang))}
        </small>
      )}
    </>
  );
}

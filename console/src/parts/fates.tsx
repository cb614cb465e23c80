import type { BinEntryAnswer } from '../../../contract/answers';
import { useLanguage } from '../words';
import css from './fates.module.css';
import { formatMoney } from './format';
import { Tag } from './tags';

/** What a release destroys and what it keeps, disk by disk and address by address (L4). */
export function Fates({ fates: { destroyed, kept } }: { fates: BinEntryAnswer['atRelease'] }) {
  const { words, lang } = useLanguage();
  const { end, instance } = words;
  const named = ({ kind, id }: { kind: 'instance' | 'disk' | 'address'; id: string }): string =>
    kind === 'instance' ? instance.instance : `${instance[kind]} ${id}`;
  return (
    <span className={css.fates}>
      <span>
        <Tag tone="ember">{end.goes}</Tag> {destroyed.map(named).join(' · ')}
      </span>
      {kept.length > 0 && (
        <span>
          <Tag tone="moss">{end.stays}</Tag>{' '}
          {kept
            .map((part) =>
              part.monthly
                ? `${named(part)} (${instance.costs(formatMoney(part.monthly.amount, part.monthly.currency, lang))})`
                : named(part),
            )
            .join(' · ')}
        </span>
      )}
    </span>
  );
}

import type { PolicyAnswer } from '../../../../contract/policies';
import { formatSpan } from '../../parts/format';
import { Pair, Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { useWords, type Words } from '../../words';
import css from './policies.module.css';

type End = PolicyAnswer['lifecycle']['end']['prepaid'];
type Ending = NonNullable<End['modes']['now']>;

const MODES = ['now', 'later', 'timed'] as const;

/** What a product does when an instance of it ends, in tables. */
export function RulesOf({ policy }: { policy: PolicyAnswer }) {
  const words = useWords();
  const { policies } = words;
  return (
    <>
      <Pair>
        <Sheet title={policies.ending}>
          <table>
            <tbody>
              {(['postpaid', 'prepaid'] as const).map((billing) => (
                <EndRow key={billing} name={words.billing[billing]} end={policy.lifecycle.end[billing]} />
              ))}
              <tr>
                <td>{policies.expiry}</td>
                <td>{sayEnding(policy.lifecycle.expiry, words)}</td>
              </tr>
            </tbody>
          </table>
        </Sheet>
        <Sheet title={policies.parts}>
          <table>
            <tbody>
              {policy.disposal.map((one) => (
                <tr key={JSON.stringify(one)}>
                  <td>
                    {words.instance[one.part]}{' '}
                    {[one.storage && words.instance[one.storage], one.kind && words.instance[one.kind]]
                      .filter(Boolean)
                      .join(' ')}
                    <small className={css.block}>{one.reason}</small>
                  </td>
                  <td className="num">
                    <Tag tone={one.fate === 'terminate' ? 'ember' : 'moss'}>{policies.fates[one.fate]}</Tag>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sheet>
      </Pair>
      <Pair>
        <Returns policy={policy} />
        <Sheet title={policies.notices}>
          <ul>
            {policy.notices.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        </Sheet>
      </Pair>
    </>
  );
}

function EndRow({ name, end }: { name: string; end: End }) {
  const words = useWords();
  const { policies } = words;
  return (
    <tr>
      <td>
        {name}
        <small className={css.block}>{words.action[end.action]}</small>
      </td>
      <td>
        {end.requires.length > 0 && (
          <p>{policies.requires(end.requires.map((one) => words.state[one]).join(', '))}</p>
        )}
        {MODES.map((mode) => {
          const ending = end.modes[mode];
          return ending ? (
            <p key={mode}>
              {words.end.modes[mode].name}: {sayEnding(ending, words)}
            </p>
          ) : null;
        })}
        {end.refusedInArrears && <p>{policies.notInArrears}</p>}
      </td>
    </tr>
  );
}

function sayEnding(ending: Ending, words: Words): string {
  if (ending.into === 'bin') return words.policies.intoBin(formatSpan(ending.retentionSeconds * 1000, words));
  return ending.into === 'expired' ? words.policies.intoExpired : words.policies.intoTerminated;
}

function Returns({ policy: { returns, knobs } }: { policy: PolicyAnswer }) {
  const { policies } = useWords();
  if (!returns) return <Sheet title={policies.returns}>{policies.noReturns}</Sheet>;
  const lines: [string, string][] = [
    [
      policies.discounts,
      returns.discounts.map(({ months, rate }) => policies.discount(months, rate)).join(' · '),
    ],
    [policies.fiveDay, policies.count(knobs.fiveDayCount, knobs.fiveDayPeriodDays)],
    [policies.ordinary, policies.count(knobs.ordinaryCount, knobs.ordinaryPeriodDays)],
    [policies.fee, `${Number(returns.promotionFeeRate) * 100} %`],
    [
      policies.excluded,
      returns.exclusions
        .map(({ families, zones, channel }) =>
          [...(families ?? []), ...(zones ?? []), channel ?? []].flat().join(', '),
        )
        .join(' · '),
    ],
    [policies.zone, knobs.timeZone],
  ];
  return (
    <Sheet title={policies.returns}>
      <table>
        <tbody>
          {lines.map(([name, value]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sheet>
  );
}

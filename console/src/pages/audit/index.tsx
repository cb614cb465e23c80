/** Whether the books and records are as they must be: the audits, the trial balance and the newest seal. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { List, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Scroll } from '../../parts/scroll';
import { Sheet } from '../../parts/sheet';
import { Empty, Failed, Loading } from '../../parts/states';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useLanguage, useWords } from '../../words';
import css from './audit.module.css';

export function Audits() {
  const { pages, audits, common } = useWords();
  const result = useList(queries.audits());
  const { data: seal } = useQuery(queries.seal());
  const head = seal?.head;
  return (
    <>
      <PageHead title={pages.audit} lead={audits.lead} />
      {head && (
        <p className={css.seal}>
          {audits.seal(head.position)} <code>{head.hash}</code>
          {seal.unsealed.transactions > 0 && ` · ${audits.unsealed(seal.unsealed.transactions)}`}
        </p>
      )}
      <List
        label={audits.runs}
        result={result}
        keyOf={({ id }) => id}
        empty={<Empty title={audits.empty}>{audits.emptyLead}</Empty>}
        columns={[
          {
            head: common.time,
            cell: ({ id, finishedAt }) => (
              <Link to="/audit/$id" params={{ id }}>
                <Time at={finishedAt} />
              </Link>
            ),
          },
          { head: audits.trigger, cell: ({ trigger }) => audits.triggers[trigger] },
          {
            head: audits.found,
            cell: ({ found }) => <Tag tone={found === 0 ? 'moss' : 'ember'}>{audits.findings(found)}</Tag>,
          },
          { head: audits.healed, cell: ({ healed }) => healed },
          {
            head: audits.skipped,
            cell: ({ skipped }) => skipped.map(({ check }) => check).join(', ') || '–',
          },
        ]}
      />
      <TrialBalance />
      <Checks />
    </>
  );
}

function TrialBalance() {
  const { words, lang } = useLanguage();
  const { audits } = words;
  const { data, error, refetch } = useQuery(queries.trialBalance());
  return (
    <Sheet title={audits.trialBalance} note={data && <Time at={data.at} />}>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!error && !data && <Loading />}
      {data && (
        <Scroll label={audits.trialBalance}>
          <table>
            <thead>
              <tr>
                <th scope="col">{audits.ledgerAccount}</th>
                <th scope="col" className="num">
                  {audits.debit}
                </th>
                <th scope="col" className="num">
                  {audits.credit}
                </th>
                <th scope="col" className="num">
                  {audits.balance}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.lines.map(({ ledgerAccount, currency, debit, credit, balance }) => (
                <tr key={`${ledgerAccount} ${currency}`}>
                  <td>
                    <code>{ledgerAccount}</code>
                  </td>
                  <td className="num">{formatMoney(debit, currency, lang)}</td>
                  <td className="num">{formatMoney(credit, currency, lang)}</td>
                  <td className="num">{formatMoney(balance, currency, lang)}</td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              {data.totals.map(({ currency, debit, credit }) => (
                <tr key={currency}>
                  <td>
                    <strong>{audits.total}</strong>
                  </td>
                  <td className="num">
                    <strong>{formatMoney(debit, currency, lang)}</strong>
                  </td>
                  <td className="num">
                    <strong>{formatMoney(credit, currency, lang)}</strong>
                  </td>
                  <td className="num">
                    <Tag tone={debit === credit ? 'moss' : 'ember'}>
                      {debit === credit ? audits.even : audits.odd}
                    </Tag>
                  </td>
                </tr>
              ))}
            </tfoot>
          </table>
        </Scroll>
      )}
    </Sheet>
  );
}

/** What is true of sound books, check by check. */
function Checks() {
  const { audits } = useWords();
  const { data } = useQuery(queries.checks());
  return (
    <Sheet title={audits.checks}>
      {data ? (
        <ul>
          {data.items.map(({ name, title }) => (
            <li key={name}>
              {title} <small>{name}</small>
            </li>
          ))}
        </ul>
      ) : (
        <Loading />
      )}
    </Sheet>
  );
}

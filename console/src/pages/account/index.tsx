/** An account: what it has, which returns it has left, and all that came and went (001-28). */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { AccountAnswer, MovementAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { formatMoney } from '../../parts/format';
import { List, useList } from '../../parts/list';
import { Money } from '../../parts/money';
import { PageHead } from '../../parts/page-head';
import { Pair, Sheet } from '../../parts/sheet';
import { Failed, Loading } from '../../parts/states';
import { Time } from '../../parts/time';
import { useLanguage, useWords } from '../../words';
import css from './account.module.css';
import { Adjust, SOURCES } from './adjust';
import { Adjustments } from './adjustments';
import { SetStanding, Standing } from './standing';

const route = getRouteApi('/accounts/$account');

export function Account() {
  const { account } = route.useParams();
  const { data, error, refetch } = useQuery(queries.account(account));
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={6} />;
  return <Whole account={data} />;
}

function Whole({ account }: { account: AccountAnswer }) {
  const { accounts } = useWords();
  const { may } = useSession();
  const navigate = route.useNavigate();
  const { do: dialog } = route.useSearch();
  const close = (): void => void navigate({ search: {}, replace: true });
  return (
    <>
      <PageHead
        title={accounts.title(account.account)}
        lead={<Standing account={account} />}
        actions={<Actions account={account.account} />}
      />
      <Pair>
        <Balances account={account} />
        <Rights account={account} />
      </Pair>
      <Statement account={account.account} />
      <Adjustments account={account.account} />
      {dialog === 'adjust' && may('adjust') && <Adjust account={account} close={close} />}
      {dialog === 'standing' && may('hold') && <SetStanding account={account} close={close} />}
    </>
  );
}

function Actions({ account }: { account: string }) {
  const { adjust, standing } = useWords();
  const { may } = useSession();
  const action = (name: 'adjust' | 'standing', text: string) => (
    <Button
      variant="default"
      renderRoot={(props) => (
        <Link {...props} to="/accounts/$account" params={{ account }} search={{ do: name }} />
      )}
    >
      {text}
    </Button>
  );
  return (
    <>
      {may('adjust') && action('adjust', adjust.open)}
      {may('hold') && action('standing', standing.open)}
    </>
  );
}

function Balances({ account: { balances } }: { account: AccountAnswer }) {
  const { words, lang } = useLanguage();
  return (
    <Sheet title={words.accounts.balances}>
      {balances.length === 0 && <p className="quiet">{words.accounts.noBalance}</p>}
      <table>
        <tbody>
          {balances.flatMap((balance) =>
            SOURCES.map((source) => (
              <tr key={`${balance.currency} ${source}`}>
                <td>{words.source[source]}</td>
                <td className="num">{formatMoney(balance[source], balance.currency, lang)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </Sheet>
  );
}

function Rights({ account: { rights } }: { account: AccountAnswer }) {
  const { accounts, refundKind } = useWords();
  const left = ({ left: count, limit, reserved }: AccountAnswer['rights'][number]['fiveDay']) =>
    `${accounts.left(count, limit)}${reserved ? ` · ${accounts.reserved(reserved)}` : ''}`;
  return (
    <Sheet title={accounts.rights} note={accounts.rightsNote}>
      <table>
        <tbody>
          {rights.map(({ product, fiveDay, ordinary }) => (
            <tr key={product}>
              <td>{product}</td>
              <td>
                {refundKind['five-day']}
                <small className={css.block}>{left(fiveDay)}</small>
              </td>
              <td>
                {refundKind.ordinary}
                <small className={css.block}>{left(ordinary)}</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sheet>
  );
}

function Statement({ account }: { account: string }) {
  const { words, lang } = useLanguage();
  const { accounts, common } = words;
  const result = useList(queries.statement(account));
  const inParts = (parts: MovementAnswer['parts'], currency: string): string =>
    SOURCES.filter((source) => Number(parts[source]) !== 0)
      .map((source) => `${words.source[source]} ${formatMoney(parts[source], currency, lang)}`)
      .join(' · ');
  return (
    <Sheet
      title={accounts.statement}
      note={<a href={`/v1/accounts/${encodeURIComponent(account)}/statement?format=csv&limit=500`}>CSV</a>}
    >
      <List
        isPlain
        label={accounts.statement}
        result={result}
        keyOf={({ id, currency }) => `${id} ${currency}`}
        empty={accounts.noMovement}
        columns={[
          { head: common.time, cell: ({ recordedAt }) => <Time at={recordedAt} /> },
          {
            head: accounts.what,
            cell: ({ kind, refundId, instanceId, reason, reference }) => (
              <span>
                {refundId ? (
                  <Link to="/refunds/$id" params={{ id: refundId }}>
                    {accounts.kinds[kind]}
                  </Link>
                ) : (
                  accounts.kinds[kind]
                )}
                <small>{[instanceId, reason, reference].filter(Boolean).join(' · ')}</small>
              </span>
            ),
          },
          {
            head: accounts.parts,
            cell: ({ parts, currency }) => inParts(parts, currency),
          },
          {
            head: common.amount,
            isNumber: true,
            cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
          },
          {
            head: accounts.after,
            isNumber: true,
            cell: ({ balance, currency }) => <small>{inParts(balance, currency)}</small>,
          },
        ]}
      />
    </Sheet>
  );
}

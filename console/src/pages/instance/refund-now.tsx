/** What a return would pay, now and later; once it was returned, what was paid back. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { RefundAnswer, RefundCurveAnswer } from '../../../../contract/answers';
import { type Instance, queries } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { Said } from '../../parts/said';
import { Sheet } from '../../parts/sheet';
import { Failed, Loading } from '../../parts/states';
import { Time } from '../../parts/time';
import { Curve } from '../../pictures/curve';
import { Waterfall } from '../../pictures/waterfall';
import { useLanguage, useWords } from '../../words';
import css from './instance.module.css';

const LIVING = ['running', 'stopped', 'changing', 'expired'];

export function RefundNow({ instance }: { instance: Instance }) {
  if (instance.billing === 'postpaid') return null;
  return LIVING.includes(instance.state) ? <CurveSheet id={instance.id} /> : <RefundSheet id={instance.id} />;
}

function CurveSheet({ id }: { id: string }) {
  const { curve: said, instance } = useWords();
  const { data: curve, error, refetch } = useQuery(queries.curve(id));
  return (
    <Sheet title={instance.refundNow}>
      {error && !curve && <Failed error={error} retry={() => void refetch()} />}
      {!error && !curve && <Loading lines={5} />}
      {curve && !curve.permitted && (
        <ul className={css.blockers}>
          {curve.blockers.map(({ code, message, next }) => (
            <li key={code}>
              <strong>{message}</strong> <Said>{next}</Said>
            </li>
          ))}
        </ul>
      )}
      {curve?.permitted && (
        <>
          <Curve curve={curve} />
          {curve.warnings.map(({ code, message }) => (
            <p key={`${code} ${message}`} className={css.warning}>
              <Said>{message}</Said>
            </p>
          ))}
          <details>
            <summary>{said.table}</summary>
            <CurveTable curve={curve} />
          </details>
        </>
      )}
    </Sheet>
  );
}

function CurveTable({ curve }: { curve: RefundCurveAnswer }) {
  const { words, lang } = useLanguage();
  const { curve: said, refundKind, common } = words;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{said.when}</th>
          <th scope="col">{said.why}</th>
          <th scope="col">{said.kind}</th>
          <th scope="col" className="num">
            {common.amount}
          </th>
        </tr>
      </thead>
      <tbody>
        {curve.points.map(({ at, reason, kind, amount, blockers }) => (
          <tr key={at}>
            <td>
              <Time at={at} />
            </td>
            <td>{said.reasons[reason]}</td>
            <td>{refundKind[kind]}</td>
            <td className="num">
              {amount === undefined ? blockers[0]?.message : formatMoney(amount, curve.currency, lang)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RefundSheet({ id }: { id: string }) {
  const { data: refunds } = useInfiniteQuery(queries.refunds({ instanceId: id }));
  return refunds?.map((refund) => <Refund key={refund.id} refund={refund} />);
}

function Refund({ refund }: { refund: RefundAnswer }) {
  const { words, lang } = useLanguage();
  const { amount, currency, kind, status, lines } = refund;
  const title = words.refunds.title(formatMoney(amount, currency, lang));
  return (
    <Sheet title={title} note={`${words.refundStatus[status]} · ${words.refundKind[kind]}`}>
      <Waterfall lines={lines} total={{ label: words.refunds.toTheAccount, amount }} currency={currency} />
    </Sheet>
  );
}

/** Orders as bars of the time that they pay for; upgrades lie above the order that they were bought in. */
import type { InstanceAnswer } from '../../../contract/answers';
import { useNow } from '../parts/now';
import css from './paid-time.module.css';

type Order = InstanceAnswer['orders'][number];

export function PaidTime({ orders, ahead }: { orders: readonly Order[]; ahead: number }) {
  const now = useNow() + ahead;
  const from = Math.min(...orders.map(({ startsAt }) => Date.parse(startsAt)));
  const to = Math.max(...orders.map(({ endsAt }) => Date.parse(endsAt)));
  const share = (at: number): number => ((at - from) / Math.max(to - from, 1)) * 100;
  return (
    <div className={css.track} aria-hidden="true">
      {orders.map(({ id, kind, status, startsAt, endsAt }) => {
        const left = share(Date.parse(startsAt));
        const style = { left: `${left}%`, width: `${share(Date.parse(endsAt)) - left}%` };
        return (
          <span
            key={id}
            className={`${css.order} ${css[status]} ${kind === 'upgrade' ? css.upgrade : ''}`}
            style={style}
            title={id}
          />
        );
      })}
      {now > from && now < to && <span className={css.now} style={{ left: `${share(now)}%` }} />}
    </div>
  );
}

import type { ReactNode } from 'react';
import type { InstanceAnswer, RefundAnswer } from '../../../contract/answers';
import { useWords } from '../words';
import css from './tags.module.css';

type Tone = 'dusk' | 'ember' | 'moss' | 'amber' | 'plain';

export const Tag = ({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) => (
  <span className={`${css.tag} ${css[tone]}`}>{children}</span>
);

const TONES: Record<InstanceAnswer['state'], Tone> = {
  running: 'moss',
  stopped: 'plain',
  changing: 'amber',
  expired: 'amber',
  isolating: 'ember',
  isolated: 'ember',
  restoring: 'moss',
  terminating: 'ember',
  terminated: 'plain',
};

export function StateTag({ state }: { state: InstanceAnswer['state'] }) {
  const words = useWords();
  return <Tag tone={TONES[state]}>{words.state[state]}</Tag>;
}

const REFUND_TONES: Record<RefundAnswer['status'], Tone> = {
  requested: 'amber',
  isolating: 'amber',
  booked: 'amber',
  done: 'moss',
  in_review: 'amber',
  denied: 'ember',
  failed: 'ember',
  reversed: 'plain',
};

export function RefundTag({ status }: { status: RefundAnswer['status'] }) {
  const words = useWords();
  return <Tag tone={REFUND_TONES[status]}>{words.refundStatus[status]}</Tag>;
}

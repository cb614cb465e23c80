import css from './blockers.module.css';
import { Said } from './said';

interface BlockersProps {
  blockers: readonly { code: string; message: string; next: string }[];
}

/** Everything that stands against it at once, each with the next step (E8). */
export const Blockers = ({ blockers }: BlockersProps) => (
  <ul className={css.blockers}>
    {blockers.map(({ code, message, next }) => (
      <li key={code}>
        <strong>
          <Said>{message}</Said>
        </strong>{' '}
        <Said>{next}</Said> <small>{code}</small>
      </li>
    ))}
  </ul>
);

/** What to know before agreeing. */
export const Warnings = ({ warnings }: { warnings: readonly { code: string; message: string }[] }) => (
  <ul className={css.warnings}>
    {warnings.map(({ code, message }) => (
      <li key={`${code} ${message}`}>
        <Said>{message}</Said>
      </li>
    ))}
  </ul>
);

/** The box that selects a row: one element, which a thousand rows can have. Mantine's is six, drawn twice. */
import css from './tick.module.css';

interface TickProps {
  label: string;
  checked: boolean;
  /** Some of what it stands for is selected. */
  isPartly?: boolean;
  onChange(): void;
}

export const Tick = ({ label, checked, isPartly, onChange }: TickProps) => (
  <input
    type="checkbox"
    className={css.tick}
    aria-label={label}
    checked={checked}
    onChange={onChange}
    // A property only: no attribute says it.
    ref={(input) => {
      if (input && isPartly !== undefined) input.indeterminate = isPartly;
    }}
  />
);

import { type ReactNode, useEffect, useRef, useState } from 'react';
import css from './scroll.module.css';

/** What is wider than the page moves sideways, by keyboard too; what fits is no stop on the way of Tab. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  const ref = useRef<HTMLElement>(null);
  const [isWide, setWide] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return (
    <section ref={ref} className={css.scroll} {...(isWide ? { tabIndex: 0, 'aria-label': label } : {})}>
      {children}
    </section>
  );
}

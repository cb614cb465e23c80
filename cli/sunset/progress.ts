/** A bar for many items, on standard error and only on a terminal: logs and pipes get none of it. */
export interface Bar {
  tick(done: number): void;
  end(): void;
}

const WIDTH = 30;

export function bar(title: string, total: number, stream: NodeJS.WriteStream = process.stderr): Bar {
  if (!stream.isTTY || total < 2) return { tick: () => {}, end: () => {} };
  return {
    tick: (done) => {
      const full = Math.round((done / total) * WIDTH);
      stream.write(`\r${title} [${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}] ${done}/${total}\x1b[K`);
    },
    end: () => stream.write('\r\x1b[K'),
  };
}

/** Works through items, a few at a time; answers come in the items' order. */
export async function eachOf<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  title: string,
  atOnce = 8,
): Promise<R[]> {
  const progress = bar(title, items.length);
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  let done = 0;
  progress.tick(0);
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index]!);
      done += 1;
      progress.tick(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  } finally {
    progress.end();
  }
  return results;
}

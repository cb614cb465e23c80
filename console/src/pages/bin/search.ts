/** Which of the bin a dialog is open for, and what it would do, stands in the address. */
const WAYS = ['restore', 'purge'] as const;
export type Way = (typeof WAYS)[number];

export interface BinSearch {
  do?: Way;
  /** Their ids, with commas between. */
  instances?: string;
}

export function readBinSearch(search: Record<string, unknown>): BinSearch {
  const way = WAYS.find((one) => one === search.do);
  return way === undefined ? {} : { do: way, instances: String(search.instances ?? '') };
}

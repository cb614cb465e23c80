/** Time on a line: true to scale where there is room, and never so near that labels lie on one another. */

export interface Scale {
  /** Where an instant is, in pixels. */
  x(at: number): number;
  /** Which instant is there. */
  at(x: number): number;
  start: number;
  end: number;
}

/** Instants in order; between them the line is straight, so that what lies between keeps its order too. */
export function spread(instants: readonly number[], width: number, gap: number): Scale {
  const start = instants[0] ?? 0;
  const end = instants.at(-1) ?? start;
  const places = placed(instants, width, gap);
  return {
    start,
    end,
    x: (at) => between(at, instants, places),
    at: (x) => between(x, places, instants),
  };
}

function placed(instants: readonly number[], width: number, gap: number): number[] {
  const start = instants[0] ?? 0;
  const span = Math.max((instants.at(-1) ?? start) - start, 1);
  const room = Math.min(gap, width / Math.max(instants.length - 1, 1));
  const places = instants.map((at) => ((at - start) / span) * width);
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + room);
  let limit = width;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i]!, limit);
    limit = places[i]! - room;
  }
  return places;
}

/** Of a value among `from`, what lies as far among `to`. */
function between(value: number, from: readonly number[], to: readonly number[]): number {
  const after = from.findIndex((one) => one >= value);
  if (after === 0) return to[0]!;
  if (after < 0) return to.at(-1) ?? 0;
  const [a, b] = [from[after - 1]!, from[after]!];
  const [x, y] = [to[after - 1]!, to[after]!];
  return x + ((value - a) / Math.max(b - a, 1)) * (y - x);
}

/** So many instants for an axis, evenly apart as it is drawn. */
export const ticks = (scale: Scale, width: number, apart: number): { x: number; at: number }[] => {
  const count = Math.max(Math.floor(width / apart), 1);
  return Array.from({ length: count }, (_, index) => (width * (index + 0.5)) / count).map((x) => ({
    x,
    at: scale.at(x),
  }));
};

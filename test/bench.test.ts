/** What the bench makes of its figures: ratios, verdicts, and growth on paper. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratiosOf } from '../bench/compare';
import { barsSvg } from '../bench/report/bars';
import { CHOSEN, herdOf, type Measured, needOf } from '../bench/report/growth';
import type { Line } from '../bench/report/lines';
import { isMet } from '../bench/report/page';

it('compares within a round, and takes the median of the ratios', () => {
  expect(
    ratiosOf([
      [1, 2],
      [9, 3],
      [4, 4],
    ]),
  ).toEqual({ median: 1, min: 0.5, max: 3, ours: 4, theirs: 3 });
});

it.each([
  ['≥ 0.85', 0.85, true],
  ['≥ 0.85', 0.84, false],
  ['≤ 1.10', 1.1, true],
  ['≤ 1.10', 1.11, false],
  [undefined, 1, undefined],
])('%s of %d: %p', (goal, value, met) => expect(isMet(goal, value)).toBe(met));

const BYTES = { temporal: 1000, visibility: 2000, records: 3000 };
const MEASURED: Measured = {
  sleeper: BYTES,
  life: { temporal: 4000, visibility: 2000, records: 5000 },
  cpu: { sunset: 60, temporal: 40, postgres: 30 },
  transitions: 10,
  commitMs: 5,
  updates: 50,
};
const DAY = 86_400;

describe('growth', () => {
  it('counts as many ends a second as must leave for so many to sleep', () => {
    const need = needOf(MEASURED, 'x', CHOSEN.sleepDays * DAY * 100);
    expect(need.ends).toBe(100);
    // What sleeps, and what Temporal keeps of those that are over.
    const kept = 100 * CHOSEN.retentionDays * DAY;
    expect(need.temporalGb).toBeCloseTo((need.sleeping * 1000 + kept * 4000) / 1e9, 6);
    expect(need.recordsGb).toBeCloseTo((need.sleeping * 3000) / 1e9, 6);
    expect(need.recordsGbAYear).toBeCloseTo((100 * DAY * 365 * 5000) / 1e9, 6);
    expect(need.postgresCores).toBeCloseTo(3 / CHOSEN.load, 6);
    expect(need).toMatchObject({ shards: CHOSEN.shards, temporalHosts: 3, sunsetHosts: 2 });
  });

  it('takes the next power of two of shards, and more cells than one PostgreSQL has cores for', () => {
    const need = needOf(MEASURED, 'x', 0, 10_000);
    // 100,000 transitions a second, of which a shard takes a quarter of 200.
    expect(need.shards).toBe(2048);
    expect(need.cellsByCores).toBe(Math.ceil(300 / CHOSEN.load / CHOSEN.postgresCores));
    expect(need.cellsByDisk).toBe(
      Math.ceil((need.temporalGb + need.visibilityGb + need.recordsGbAYear) / CHOSEN.postgresGb),
    );
  });

  it('spreads a herd', () =>
    expect(herdOf(MEASURED, 9000, 900)).toEqual({ deadlines: 9000, atOnceSeconds: 180, spread: 10 }));
});

it('draws each part of a bar in proportion, and escapes what it says', () => {
  const svg = barsSvg({
    title: 'a < b',
    subtitle: '',
    series: ['one', 'two'],
    bars: [
      { name: 'x & y', parts: [30, 10] },
      { name: 'z', parts: [20, 0] },
    ],
    digits: 0,
  });
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('x &amp; y');
  const widths = [...svg.matchAll(/<rect class="s0" [^>]*width="([\d.]+)" height="18"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths[0]! + 2).toBeCloseTo(1.5 * (widths[1]! + 2), 0);
  // A part of nothing is not drawn.
  expect(svg.match(/<rect class="s1" [^>]*height="18"/g)).toHaveLength(1);
});

/** Far from the goals: two short rounds, beside other tests. What is beyond them is no noise. */
const BOUNDS: [metric: string, ratio: string, bound: string][] = [
  ['M2', 'lives/s, workflow ÷ bare, at 16', '≥ 0.50'],
  ['M2', 'lives/s, workflow ÷ bare, at 64', '≥ 0.50'],
  ['M2', 'lives/s, workflow ÷ naive, at 16', '≥ 1.00'],
  ['M3', 'lives/s, HTTP ÷ bare, at 16', '≥ 0.35'],
  ['M4', 'p50 of a command, HTTP ÷ raw update, at 1', '≤ 2.00'],
  ['M4', 'p99 of a command, HTTP ÷ raw update, at 1', '≤ 4.00'],
  ['M4', 'p50 of a command, HTTP ÷ raw update, at 32', '≤ 2.50'],
  ['M4', 'p99 of a command, HTTP ÷ raw update, at 32', '≤ 4.00'],
];

if (process.env.SUNSET_NIGHTLY)
  describe('npm run bench -- --quick', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sunset-bench-')));
    let lines: Line[];
    beforeAll(() => {
      const words = ['run', 'bench', '--', '--quick', '--only', 'M2,M3,M4'];
      const env = { ...process.env, SUNSET_DATA: folder };
      const said = execFileSync('npm', words, { cwd: join(__dirname, '..'), env, encoding: 'utf8' });
      lines = [...said.matchAll(/^written to (.+)$/gm)].flatMap(([, file]) =>
        readFileSync(file!, 'utf8')
          .trim()
          .split('\n')
          .map((line): Line => JSON.parse(line)),
      );
    }, 15 * 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(BOUNDS)('%s, %s: %s', (metric, ratio, bound) => {
      const found = lines.find((line) => line.metric === metric && line.ratio === ratio);
      expect([found?.median, isMet(bound, found?.median ?? Number.NaN)]).toEqual([found?.median, true]);
    });
  });

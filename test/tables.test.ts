/** Each table has one file that writes it: whoever looks for how a row comes to be looks there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const ROOMS = [
  'activities',
  'api',
  'cli',
  'console',
  'domain',
  'drivers',
  'examples',
  'facades',
  'policies',
  'store',
  'temporal',
  'tools',
  'worker',
  'workflows',
];
const WRITE = /\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?([a-z_]+)/g;
/** Names of a query's own, and what is no table. */
const LOCKING = /FOR (?:NO KEY )?UPDATE|DO UPDATE/g;

const files = ROOMS.flatMap((room) =>
  (readdirSync(join(ROOT, room), { recursive: true }) as string[])
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(room, file)),
);

/** Comments may speak of a table. */
const codeOf = (file: string): string =>
  readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

/** The tables that migrations make. */
const tables = readdirSync(join(ROOT, 'store/migrations')).flatMap((file) =>
  [
    ...readFileSync(join(ROOT, 'store/migrations', file), 'utf8').matchAll(
      /CREATE (?:UNLOGGED )?TABLE ([a-z_]+)/g,
    ),
  ].map(([, table]) => table!),
);

const writers = new Map<string, Set<string>>();
for (const file of files) {
  for (const [, table] of codeOf(file).replace(LOCKING, '').matchAll(WRITE)) {
    writers.set(table!, (writers.get(table!) ?? new Set()).add(file));
  }
}

it('each table is written by one file', () => {
  const shared = [...writers]
    .filter(([, by]) => by.size > 1)
    .map(([table, by]) => `${table}: ${[...by].join(', ')}`);
  expect(shared).toEqual([]);
});

it('every table that the migrations make is found, and nothing else', () => {
  // `unsealed` is filled by a trigger, and emptied by the sealer.
  const byTriggersAlone = ['day_sums', 'month_sums', 'instance_words'];
  expect([...writers.keys(), ...byTriggersAlone].sort()).toEqual([...new Set(tables)].sort());
});

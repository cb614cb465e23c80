/**
 * `npm run rules`: every line of docs/requirements.md is named by at least one test, and those tests passed.
 * Reads what the last `npm test` left in .test-results/jest.json; prints the table; with --write makes
 * docs/rules.md from it. Exit 1 when a line has no passed test. A line that says what a console shows or where
 * one clicks needs a test of the page besides: that the API can do it is not enough.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..');
const RESULTS = join(ROOT, '.test-results', 'jest.json');

interface Rule {
  id: string;
  text: string;
}

/** What the documents say of consoles, from the first to the last, each of a document. */
const OF_THE_PAGE = [
  ['000-09', '000-20'],
  ['001-18', '001-35'],
  ['002-09', '002-15'],
] as const;
const isOfThePage = (id: string): boolean =>
  OF_THE_PAGE.some(([first, last]) => id.length === first.length && first <= id && id <= last);
const IN_A_BROWSER = /^test\/console\//;

interface TestResult {
  name: string;
  file: string;
  passed: boolean;
}

/** Lines like `- 000-01 text`, `- **M1 text**` and `| 003-35 | case | …`. */
export function readRules(markdown: string): Rule[] {
  const line = /^(?:- \*{0,2}|\| )(\d{3}-\d{2}|[MELJ]\d+)\b[\s|]*(.*)$/gm;
  return [...markdown.matchAll(line)].map(([, id, text]) => ({
    id: id!,
    text: text!.replaceAll('**', '').replaceAll(' |', ';').trim(),
  }));
}

interface JestResults {
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
}

function readResults(): TestResult[] {
  const { testResults } = JSON.parse(readFileSync(RESULTS, 'utf8')) as JestResults;
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      name: fullName,
      file: relative(ROOT, file),
      passed: status === 'passed',
    })),
  );
}

const names = (id: string): RegExp => new RegExp(`(^|[^\\w-])${id}(?![\\w-])`);

function main(): void {
  if (!existsSync(RESULTS)) {
    process.stderr.write('no test results: run `npm test` first\n');
    process.exit(1);
  }
  const results = readResults();
  const rows = readRules(readFileSync(join(ROOT, 'docs', 'requirements.md'), 'utf8')).map((rule) => ({
    ...rule,
    tests: results.filter(({ name }) => names(rule.id).test(name)),
  }));
  for (const { id, tests } of rows) {
    const passed = tests.filter((test) => test.passed).length;
    const files = [...new Set(tests.map(({ file }) => file))].join(', ');
    process.stdout.write(
      `${id.padEnd(7)} ${String(passed).padStart(4)} of ${String(tests.length).padEnd(4)} ${files}\n`,
    );
  }
  if (process.argv.includes('--write')) writeFileSync(join(ROOT, 'docs', 'rules.md'), document(rows));
  const missing = rows.filter(({ tests }) => !tests.length || tests.some((test) => !test.passed));
  const onThePage = rows.filter(({ id }) => isOfThePage(id));
  const notOnThePage = onThePage.filter(({ tests }) => !tests.some(isPassedInABrowser));
  process.stdout.write(
    `${rows.length - missing.length} of ${rows.length} rules are named by tests that passed\n` +
      `${onThePage.length - notOnThePage.length} of ${onThePage.length} lines about consoles by tests of the page\n`,
  );
  tell('without a passed test', missing);
  tell('without a passed test of the page', notOnThePage);
  process.exitCode = missing.length + notOnThePage.length ? 1 : 0;
}

const isPassedInABrowser = ({ file, passed }: TestResult): boolean => passed && IN_A_BROWSER.test(file);

function tell(what: string, rules: readonly Rule[]): void {
  if (rules.length) process.stderr.write(`${what}: ${rules.map(({ id }) => id).join(', ')}\n`);
}

function document(rows: (Rule & { tests: TestResult[] })[]): string {
  const lines = rows.map(
    ({ id, text, tests }) =>
      `| ${id} | ${text} | ${[...new Set(tests.map(({ file }) => `\`${file}\``))].join(', ')} |`,
  );
  return `# Rules and their tests\n\nMade by \`npm run rules -- --write\` from [requirements.md](requirements.md) and the last test run.\n\n| rule | says | tests in |\n|---|---|---|\n${lines.join('\n')}\n`;
}

if (require.main === module) main();

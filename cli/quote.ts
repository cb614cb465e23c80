/**
 * `npm run --silent quote -- case.json`: the refund engine's front door for people, other programs and tests.
 * No servers, no clock.
 */
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Issue } from '../contract/issues';
import { type PublicQuoteItem, presentQuoteItem } from '../contract/present';
import { quoteOffline } from '../domain/offline';
import { LANGS, type Lang } from '../domain/text';
import { KNOBS, readCase } from './quote/case';

const HELP = `Usage: npm run --silent quote -- [--lang en|zh] <case.json | ->

Prints what ending an instance would do and pay, as one quote item in JSON; for an array of cases an array of items.
"-" reads standard input. Exit 1 and every bad field on standard error when a case can't be read.

A case:
{
  "instance": {
    "id": "ins-1", "account": "100001", "product": "tencent-cvm", "billing": "prepaid", "region": "ap-guangzhou",
    "prices": {"version": "2026-11", "currency": "CNY", "month": "51", "hour": "0.42"},
    "orders": [{"id": "o1", "kind": "purchase", "startsAt": "2026-11-01T00:00:00+08:00", "endsAt": "2027-11-01T00:00:00+08:00",
                "paid": {"cash": "407.96", "voucher": "100"}}]
  },
  "action": "return",
  "at": "2026-11-03T00:00:00+08:00"
}

"action"        terminate, return, or return-renewals (only the renewals that have not begun; the instance runs on)
"at"            the only clock, past or future: the instance is taken as it would stand then
"schedule"      {"mode": "now"} (default), {"mode": "later"} or {"mode": "timed", "at": "…"}
"returnsSoFar"  {"fiveDay": 0, "ordinary": 0}: what the account has used of its rights
"policy"        overrides of the product's knobs: ${KNOBS}
"assisted"      true: an operator approved it (promotion orders pay their fee)
`;

/**
 * What went wrong, in words for the caller; anything else that is thrown is a mistake of ours and shows its
 * stack.
 */
class Complaint extends Error {}

async function readInput(path: string | undefined): Promise<string> {
  if (path === undefined && process.stdin.isTTY)
    throw new Complaint('no case given: name a file, or "-" for standard input (see --help)');
  const isFile = path !== undefined && path !== '-';
  const name = isFile ? path : 'standard input';
  const text = await (isFile ? readFile(path, 'utf8') : readStream(process.stdin)).catch((error: Error) => {
    throw new Complaint(`${name} can't be read (${error.message}): check the path and its permissions`);
  });
  if (text.trim() === '') throw new Complaint(`${name} is empty: a case in JSON is expected (see --help)`);
  return text.replace(/^\uFEFF/, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Complaint(`the input is not JSON (${(error as Error).message}): correct it and run it again`);
  }
}

/** One case, or an array of independent ones; either all are quoted or none. */
function quote(input: unknown, lang: Lang): PublicQuoteItem | PublicQuoteItem[] {
  const inputs: [unknown, PropertyKey[]][] = Array.isArray(input)
    ? input.map((one, index) => [one, [index]])
    : [[input, []]];
  const cases = inputs.map(([one, path]) => readCase(one, path));
  const issues = cases.flatMap((one) => (one.ok ? [] : one.issues));
  if (issues.length) throw new Complaint(describe(issues, lang));
  const items = cases.flatMap((one) => (one.ok ? [presentQuoteItem(quoteOffline(one.value), lang)] : []));
  return Array.isArray(input) ? items : items[0]!;
}

function describe(issues: Issue[], lang: Lang): string {
  const lines = issues.map(
    ({ pointer, code, detail, detailZh }) =>
      `  ${pointer || '(the whole input)'}: ${lang === 'zh' ? detailZh : detail} [${code}]`,
  );
  const head = issues.length === 1 ? 'the case has a bad field:' : `${issues.length} fields are bad:`;
  return `${head}\n${lines.join('\n')}\nCorrect ${issues.length === 1 ? 'it' : 'them'} and run it again; --help shows a complete case.`;
}

function readArguments(): { path: string | undefined; lang: Lang; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        lang: { type: 'string', default: 'en' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const lang = LANGS.find((one) => one === values.lang);
    if (!lang) throw new Complaint(`--lang must be one of: ${LANGS.join(', ')}`);
    if (positionals.length > 1)
      throw new Complaint('one input at a time: put several cases into an array (see --help)');
    return { path: positionals[0], lang, help: values.help };
  } catch (error) {
    throw error instanceof Complaint
      ? error
      : new Complaint(`${(error as Error).message.split('.')[0]} (see --help)`);
  }
}

async function main(): Promise<void> {
  try {
    const { path, lang, help } = readArguments();
    const output = help
      ? HELP
      : `${JSON.stringify(quote(parseJson(await readInput(path)), lang), null, 2)}\n`;
    process.stdout.write(output);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    process.stderr.write(`quote: ${error.message}\n`);
    process.exitCode = 1;
  }
}

void main();

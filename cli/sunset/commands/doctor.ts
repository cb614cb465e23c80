/** `sunset doctor`: what is wrong on this machine, and the command that puts it right. */
import type { Command } from 'commander';
import type { Lang, Text } from '../../../domain/text';
import type { Diagnosis } from '../doctor/finding';
import { print, printJson, table } from '../output';
import { EXIT, type GlobalOptions } from '../session';

const MARK: Record<Diagnosis['status'], Text> = {
  ok: { en: 'ok', zh: '正常' },
  warn: { en: 'note', zh: '注意' },
  fail: { en: 'WRONG', zh: '故障' },
};

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what is wrong here, and the command that fixes it')
    .action(async (_: unknown, command: Command) => {
      const { url, key, lang, json } = command.optsWithGlobals<GlobalOptions>();
      // Loaded here: the clients of the database and of Temporal take longer to load than other commands take
      // to run.
      const { diagnose: runChecks }: typeof import('../doctor/checks') = require('../doctor/checks');
      const findings = await runChecks({ url, key, env: process.env });
      if (json)
        printJson({ findings: findings.map(({ detail, ...one }) => ({ ...one, detail: detail[lang] })) });
      else print(describe(findings, lang));
      process.exitCode = exitOf(findings);
    });
}

function exitOf(findings: Diagnosis[]): number {
  const failed = findings.filter((one) => one.status === 'fail');
  if (failed.some((one) => one.check === 'service')) return EXIT.unreachable;
  return failed.length ? EXIT.refused : EXIT.ok;
}

function describe(findings: Diagnosis[], lang: Lang): string {
  const head = lang === 'zh' ? ['检查', '结果', '说明'] : ['check', 'is', 'what was found'];
  const rows = findings.map(({ check, status, detail }) => [check, MARK[status][lang], detail[lang]]);
  const fixes = findings.flatMap(({ check, status, fix }) =>
    status === 'ok' || fix === null ? [] : [`  ${check}: ${fix}`],
  );
  const failed = findings.filter((one) => one.status === 'fail').length;
  const verdict = failed ? wrong(failed) : { en: 'Nothing is wrong.', zh: '一切正常。' };
  const help = fixes.length ? ['', lang === 'zh' ? '处理方法：' : 'What to do:', ...fixes] : [];
  return [table(head, rows), ...help, '', verdict[lang]].join('\n');
}

const wrong = (failed: number): Text => ({
  en: `${failed} ${failed === 1 ? 'thing is' : 'things are'} wrong.`,
  zh: `${failed} 项故障。`,
});

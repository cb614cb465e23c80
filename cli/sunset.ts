/**
 * `npx sunset`: the operator's command line over the API. One file per group of commands in
 * `sunset/commands/`.
 */
import { Command, CommanderError, Option } from 'commander';
import { LANGS } from '../domain/text';
import { version } from '../package.json';
import { addBin } from './sunset/commands/bin';
import { addBooks } from './sunset/commands/books';
import { addDoctor } from './sunset/commands/doctor';
import { addEnding } from './sunset/commands/end';
import { addImport } from './sunset/commands/import';
import { addInstances } from './sunset/commands/instances';
import { addKeys } from './sunset/commands/keys';
import { addLife } from './sunset/commands/life';
import { addMachines } from './sunset/commands/machines';
import { addRegister } from './sunset/commands/register';
import { addReview } from './sunset/commands/review';
import { addTimed } from './sunset/commands/timed';
import { EXIT } from './sunset/session';

const HELP = `
Exit codes: 0 done; 1 refused, or something is wrong; 2 the command line is wrong; 3 the service does not answer; 130 Ctrl-C.
Environment: SUNSET_URL, SUNSET_OPERATOR_KEY, SUNSET_DATA (.sunset: where npm start keeps the key).
Every command with an example: docs/cli.md`;

/** `exitOverride` and the output go to subcommands only when they are set first. */
function createProgram(): Command {
  const program = new Command('sunset')
    .description(
      'Ends the life of cloud instances: see what it does and pays, do it, undo it while it can be undone.',
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError('(sunset <command> --help shows how)')
    .option('--url <address>', 'of the service (http://127.0.0.1:3000)')
    .option('--key <key>', 'bearer key (else SUNSET_OPERATOR_KEY, else operator.key of SUNSET_DATA)')
    .addOption(new Option('--lang <lang>', 'language').choices([...LANGS]).default('en'))
    .option('--json', 'the API’s JSON instead of tables', false)
    .option('--idempotency-key <key>', 'makes one command of all its repeats')
    .addHelpText('after', HELP);
  for (const add of [
    addRegister,
    addImport,
    addInstances,
    addEnding,
    addTimed,
    addBin,
    addReview,
    addBooks,
    addLife,
    addMachines,
    addKeys,
    addDoctor,
  ])
    add(program);
  return program;
}

/** Commander has said what it had to say by then. */
async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

// A reader that has seen enough (head) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void main();

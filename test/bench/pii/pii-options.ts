import { Command, InvalidArgumentError } from 'commander';

export interface PiiBenchOptions {
  readonly files: readonly string[];
  readonly errors: boolean;
  readonly json: boolean;
  /** Identifiers to inject into each text; none if absent. */
  readonly inject?: number;
  readonly seed: number;
}

const examples = `
Examples:
  npm run bench:pii -- test/fixtures/pii/*.jsonl
  npm run bench:pii -- notes.jsonl --inject 6 --seed 7
  npm run bench:pii -- labelled.jsonl --errors

A file is JSONL of {id, text, spans: [{start, end, type}]}, positions in UTF-16 code units; without spans a text counts as
harmless. Tables or JSON go to standard output, progress to standard error. Exit code 0: done; 2: it could not run.
The measures are defined in test/bench/README.md.`;

/** @param args without node and script @throws CommanderError after it has said what is wrong */
export function readPiiOptions(args: readonly string[]): PiiBenchOptions {
  const program = new Command('bench:pii')
    .description('Measures the local detector of identifiers on labelled texts.')
    .argument('<file...>', 'labelled texts')
    .option('--errors', 'also print the ten worst errors of each type: it quotes the TEXTS', false)
    .option('--json', 'figures as JSON instead of tables', false)
    .option(
      '--inject <count>',
      'first put so many identifiers, and as many traps, into each text',
      wholeNumber,
    )
    .option('--seed <number>', 'for --inject: the same seed makes the same texts', wholeNumber, 1)
    .addHelpText('after', examples)
    .exitOverride();
  program.parse(args, { from: 'user' });
  return { ...program.opts<Omit<PiiBenchOptions, 'files'>>(), files: program.args };
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('expected a whole number from 1 to 999999');
  return Number(text);
}

import { type Command, InvalidArgumentError } from 'commander';
import { parseNumber, parseTime } from '../audit/audit-options.js';
import type { CommandContext, ExitCode } from '../command-context.js';

export interface ScoreOptions {
  readonly threshold: number;
  readonly stage: string;
  readonly top: number;
  readonly at?: number;
  readonly json?: boolean;
}

const scoreHelp = `
Reads exports of AWS Config and weighs what is open: by data class, exposure, exploitability and age, from 0 to 100 for each
resource and for the account. The formula is in libs/compliance-score/README.md. Ends with 1 when a resource has --threshold or
more.

Files, in any order:
  get-compliance-details-by-config-rule   what breaks a rule: one file a rule
  describe-compliance-by-resource         which resources break some rule: what is in no other file counts as one unknown rule
  select-resource-config                  tags, for the data class; a resource without them counts as PHI

Examples:
  $ for rule in phi-prod-encrypted-volumes phi-prod-s3-bucket-public-read-prohibited; do
      aws configservice get-compliance-details-by-config-rule --config-rule-name $rule \\
        --compliance-types NON_COMPLIANT --output json > details-$rule.json; done
  $ aws configservice select-resource-config --expression "SELECT resourceType, resourceId, tags" --output json > resources.json
  $ phi compliance score details-*.json resources.json
  $ phi compliance score details-*.json resources.json --threshold 60 --json`;

/** Adds `phi compliance score`. */
export function addScoreCommand(
  compliance: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  compliance
    .command('score')
    .summary('weigh what AWS Config found open, by resource')
    .description('Scores the risk of an account and of its resources, 0 to 100, with the reasons.')
    .argument('<file...>', 'JSON that the AWS command line has written')
    .option(
      '--threshold <score>',
      'a resource with this score or more ends the command with 1',
      parseScore,
      40,
    )
    .option(
      '--stage <stage>',
      'of the deployment: its own rules are called phi-<stage>-...',
      parseStage,
      'prod',
    )
    .option('--top <number>', 'so many resources in the table, the worst first', parseNumber, 20)
    .option('--at <time>', 'when the files were exported (default: now); ages are counted to it', parseTime)
    .option('--json', 'the result as JSON on standard output, every resource in it')
    .addHelpText('after', scoreHelp)
    .action(async (files: string[], options: ScoreOptions) => {
      const { scoreExports } = await import('./score-run.js');
      finish(await scoreExports(files, options, context));
    });
}

function parseScore(text: string): number {
  const score = Number(text);
  if (/^\d{1,3}(\.\d{1,3})?$/.test(text) && score <= 100) return score;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

function parseStage(text: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the stage of a deployment.');
}

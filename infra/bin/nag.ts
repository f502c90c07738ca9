import { App } from 'aws-cdk-lib';
import { parseArgs } from 'node:util';
import { cdkContext } from '../lib/repository.js';
import { type NagReport, nagReport } from '../lib/nag-report.js';
import { addStacks } from '../lib/phi-app.js';
import { exampleAccount, settingsOf } from '../lib/settings.js';

const help = `Holds the infrastructure to cdk-nag's HIPAA Security and AWS Solutions rules.

  npm run infra:nag                      findings of dev and prod that nobody answers for
  npm run infra:nag -- --all             the acknowledged ones too, with reason and owner
  npm run infra:nag -- --env prod --json

Exit code 0: every finding is acknowledged; 1: one is not; 2: it could not run.
`;

/** @returns exit code */
function main(): number {
  const { values } = parseArgs({
    options: {
      env: { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const reports = (values.env === undefined ? ['dev', 'prod'] : [values.env]).map((env) => {
    const app = new App({
      context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] },
      // CloudFormation's own rules are synthesis's: they take most of the time.
      builtinCloudFormationValidation: false,
    });
    addStacks(app, settingsOf(env, env === 'prod' ? exampleAccount : {}));
    return { env, ...nagReport(app) };
  });
  if (values.json) process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
  else for (const report of reports) process.stdout.write(textOf(report, values.all));
  return reports.every(({ open }) => open.length === 0) ? 0 : 1;
}

function textOf({ env, findings, open, acknowledged }: { env: string } & NagReport, all: boolean): string {
  const lines = [
    `${env}: ${findings.length} findings, ${acknowledged.length} acknowledged, ${open.length} open`,
    ...open.map(({ at, id }) => `  OPEN  ${at}  ${id}`),
  ];
  for (const reason of all ? new Set(acknowledged.map((one) => one.reason)) : []) {
    const ofReason = acknowledged.filter((one) => one.reason === reason);
    lines.push(
      '',
      `  ${reason} (${ofReason[0]?.owner})`,
      ...ofReason.map(({ at, id }) => `    ${at}  ${id}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

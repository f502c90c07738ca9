import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployerPolicies } from '../lib/constructs/deployer-permissions.js';

const help = `Writes the IAM policies of whoever deploys, one JSON file each, or all to standard output.

  npm run --silent infra:deployer-policies -- --account 111122223333 --region us-east-1 --stage dev --out policies
  for f in policies/execution-*.json; do
    aws iam create-policy --policy-name phi-dev-$(basename "$f" .json) --policy-document "file://$f"
  done
  npx cdk bootstrap --cloudformation-execution-policies <their ARNs, separated by commas>

deployer.json is for the person or the pipeline that runs cdk deploy. Exit code 0: done; 2: could not run.
`;

/** @returns exit code */
function main(): number {
  const { values } = parseArgs({
    options: {
      account: { type: 'string' },
      region: { type: 'string', default: 'us-east-1' },
      stage: { type: 'string', default: 'dev' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const { account = '', region, stage, out } = values;
  if (!/^\d{12}$/.test(account))
    throw new Error('--account must be the twelve digits of the account (see --help)');
  const policies = deployerPolicies({ account, region, stage });
  if (out === undefined) {
    process.stdout.write(`${JSON.stringify(policies, undefined, 2)}\n`);
    return 0;
  }
  mkdirSync(out, { recursive: true });
  for (const [name, document] of Object.entries(policies))
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify(document, undefined, 2)}\n`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

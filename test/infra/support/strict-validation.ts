import { App, Stack } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { cdkContext } from '../../../infra/lib/repository.js';

/** Synthesizes a queue for each retention period of the command line, in seconds, and says whether CloudFormation's own rules let it. */
for (const seconds of process.argv.slice(2)) {
  // cdk.json's strict validation: without it a wrong value is a warning.
  const app = new App({ context: cdkContext(), analyticsReporting: false });
  new CfnQueue(new Stack(app, 'Strict'), 'Queue', { messageRetentionPeriod: Number(seconds) });
  process.stdout.write(`${seconds}: ${outcomeOf(() => app.synth())}\n`);
}

function outcomeOf(synthesize: () => unknown): string {
  try {
    synthesize();
    return 'made';
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return /Validation failed|MessageRetentionPeriod/.test(text) ? 'refused' : text;
  }
}

import { Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type Names, namesOf } from './names.js';
import type { Settings } from './settings.js';
import { requiredTags, type StackPart } from './tags.js';

/** What all stacks of a deployment have in common: names, tags, and no need of an account at synth. */
export abstract class PhiStack extends Stack {
  readonly names: Names;

  /** @param part what the stack is called in paths (`Data`), whatever the stage */
  constructor(
    scope: Construct,
    part: StackPart,
    description: string,
    readonly settings: Settings,
  ) {
    const names = namesOf(settings.stage);
    super(scope, part, {
      stackName: names.stacks[part.toLowerCase() as keyof Names['stacks']],
      description,
      // The account is whoever deploys. With a region alone nothing is looked up, so that synth works offline.
      env: { region: settings.region },
      terminationProtection: settings.retainsData,
    });
    this.names = names;
    for (const [name, value] of Object.entries(requiredTags(settings, part))) Tags.of(this).add(name, value);
  }
}

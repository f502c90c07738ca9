import { CfnConformancePack } from 'aws-cdk-lib/aws-config';
import { Construct } from 'constructs';
import { type HipaaRule, packRules, ruleNameOf } from '../../../../compliance/hipaa-rules.js';
import type { Names } from '../../names.js';
import { isRemediated } from './remediated-rules.js';

/** @see AWS Config API Reference, PutConformancePack, TemplateBody */
export const PACK_BODY_AT_MOST_BYTES = 51_200;

/** What stands in the pack: all of AWS's, but those that are mended automatically. */
export const deployedByPack: readonly HipaaRule[] = packRules.filter(
  ({ identifier }) => !isRemediated(identifier),
);

/**
 * The pack's template: YAML, one rule in three lines, their values as JSON, which is YAML too.
 * @throws Error if it has outgrown what Config takes inline
 */
export function packBody(rules: readonly HipaaRule[]): string {
  const body = `Resources:\n${rules.map(ruleLines).join('')}`;
  if (Buffer.byteLength(body) > PACK_BODY_AT_MOST_BYTES)
    throw new Error('The conformance pack is too large to be sent inline: put it into S3, or split it');
  return body;
}

function ruleLines({ identifier, parameters }: HipaaRule): string {
  const properties = {
    ConfigRuleName: ruleNameOf(identifier),
    Source: { Owner: 'AWS', SourceIdentifier: identifier },
    ...(Object.keys(parameters).length > 0 && { InputParameters: parameters }),
  };
  const logicalId = identifier
    .toLowerCase()
    .replace(/(^|_)([a-z0-9])/g, (_all, _start, letter: string) => letter.toUpperCase());
  return `  ${logicalId}:\n    Type: AWS::Config::ConfigRule\n    Properties: ${JSON.stringify(properties)}\n`;
}

/** AWS's rules for HIPAA as one pack: it is deployed, shown and removed as a whole (45 CFR 164.308(a)(8)). */
export class HipaaPack extends Construct {
  constructor(scope: Construct, id: string, names: Names) {
    super(scope, id);
    new CfnConformancePack(this, 'Pack', {
      conformancePackName: `${names.prefix}-hipaa`,
      templateBody: packBody(deployedByPack),
    });
  }
}

import {
  additionalRules,
  type HipaaRule,
  packRules,
  ruleNameOf,
} from '../../../../compliance/hipaa-rules.js';
import type { Names } from '../../names.js';

/**
 * Rules that are mended automatically. AWS Config refuses remediation for what a conformance pack deployed, so they stand outside of it,
 * under names of ours. @see AWS Config API Reference, PutRemediationConfigurations
 */
const remediated = [
  'CLOUD_TRAIL_ENABLED',
  'CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED',
  'CMK_BACKING_KEY_ROTATION_ENABLED',
  'DYNAMODB_PITR_ENABLED',
  'EC2_EBS_ENCRYPTION_BY_DEFAULT',
  'ENCRYPTED_VOLUMES',
  'KMS_CMK_NOT_SCHEDULED_FOR_DELETION',
  'S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC',
  'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED',
  'S3_BUCKET_PUBLIC_READ_PROHIBITED',
  'S3_BUCKET_PUBLIC_WRITE_PROHIBITED',
] as const;

export type RemediatedIdentifier = (typeof remediated)[number];

export interface RemediatedRule extends HipaaRule {
  identifier: RemediatedIdentifier;
  /** As it is deployed: `phi-<stage>-encrypted-volumes`. */
  ruleName(names: Names): string;
}

/** @returns the name of a rule that stands outside of the pack */
export const standaloneName = (names: Names, identifier: string): string =>
  `${names.prefix}-${ruleNameOf(identifier)}`;

export const remediatedRules: readonly RemediatedRule[] = remediated.map((identifier) => {
  const rule = [...packRules, ...additionalRules].find((one) => one.identifier === identifier);
  if (rule === undefined) throw new Error(`${identifier} is no rule of compliance/hipaa-rules.ts`);
  return { ...rule, identifier, ruleName: (names) => standaloneName(names, identifier) };
});

export const isRemediated = (identifier: string): boolean => remediated.some((one) => one === identifier);

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { phiEncryptionRule } from '../../../../../compliance/hipaa-rules.js';
import type { AutomationDocument } from '../../../automation/automation-document.js';
import { ebsEncryption, publicAccount, publicBucket } from '../../../automation/close-openings.js';
import { deleteReplacedVolume } from '../../../automation/delete-replaced-volume.js';
import { encryptVolume } from '../../../automation/encrypt-volume.js';
import {
  configRecorder,
  keyDeletion,
  keyRotation,
  pointInTimeRecovery,
  trailLogging,
  trailValidation,
} from '../../../automation/restore-settings.js';
import type { Names } from '../../../names.js';
import type { Settings } from '../../../settings.js';
import { type RemediatedIdentifier, standaloneName } from '../remediated-rules.js';
import { RemediationPermissions } from './remediation-permissions.js';

/** An event that starts a repair at once, where AWS Config would need minutes or, with its recorder off, could not. */
export interface StartingEvent {
  /** Of the rule, behind `phi-<stage>-`. */
  name: string;
  description: string;
  pattern: Record<string, unknown>;
  /** Parameters of the document by their place in the event. */
  parameters: Record<string, string>;
  /** Parameters with a value of their own. */
  constants?: Record<string, string>;
}

/** Something that the account mends. */
export interface Remediation {
  /** Its document is `phi-<stage>-<id>`. */
  id: string;
  document: AutomationDocument;
  permissions: PolicyStatement[];
  /** Where a key's policy names the role. */
  roleName?: string;
  /** Rules of AWS Config that start it; `parameter` gets the id of the resource. */
  rules?: { identifier: RemediatedIdentifier; parameter?: string }[];
  events?: StartingEvent[];
  /** Parameters that are the same each time. */
  fixed?: Record<string, string>;
}

export interface RemediationParts {
  names: Names;
  settings: Settings;
  volumeKeyArn: string;
  approvalTopicArn: string;
}

/** @returns all that is mended in a deployment */
export const remediations = (parts: RemediationParts): Remediation[] => [
  ...volumeRemediations(parts),
  ...openingRemediations(parts),
  ...recordRemediations(parts),
  ...protectionRemediations(parts),
];

function volumeRemediations(parts: RemediationParts): Remediation[] {
  const { names, settings, volumeKeyArn, approvalTopicArn } = parts;
  const permissions = new RemediationPermissions(names);
  return [
    {
      id: 'encrypt-volume',
      document: encryptVolume({
        stage: names.stage,
        approverArns: settings.remediationApproverArns,
        approvalTopicArn,
        keyArn: volumeKeyArn,
      }),
      permissions: permissions.encryptVolume(approvalTopicArn),
      roleName: names.roles.volumeEncryption,
      rules: [{ identifier: 'ENCRYPTED_VOLUMES', parameter: 'VolumeId' }],
      // AWS's rule looks at attached volumes alone; ours at all that hold PHI.
      events: [
        {
          name: 'unencrypted-volume',
          description: 'A volume that holds PHI is not encrypted',
          pattern: {
            source: ['aws.config'],
            'detail-type': ['Config Rules Compliance Change'],
            detail: {
              configRuleName: [standaloneName(names, phiEncryptionRule.name)],
              resourceType: ['AWS::EC2::Volume'],
              newEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
            },
          },
          parameters: { VolumeId: '$.detail.resourceId' },
          constants: { Scope: 'free' },
        },
      ],
    },
    {
      id: 'delete-replaced-volume',
      document: deleteReplacedVolume(names.stage, volumeKeyArn),
      permissions: permissions.deleteReplacedVolume(),
    },
  ];
}

function openingRemediations({ names, volumeKeyArn }: RemediationParts): Remediation[] {
  const permissions = new RemediationPermissions(names);
  return [
    {
      id: 'ebs-encryption',
      document: ebsEncryption(volumeKeyArn),
      permissions: permissions.ebsEncryption(),
      rules: [{ identifier: 'EC2_EBS_ENCRYPTION_BY_DEFAULT' }],
      events: [
        {
          name: 'ebs-encryption-off',
          description: 'Encryption of new volumes was switched off, or its key reset',
          pattern: apiCall('ec2', ['DisableEbsEncryptionByDefault', 'ResetEbsDefaultKmsKeyId']),
          parameters: {},
        },
      ],
    },
    {
      id: 'public-bucket',
      document: publicBucket(),
      permissions: permissions.publicBucket(),
      rules: [
        { identifier: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED', parameter: 'BucketName' },
        { identifier: 'S3_BUCKET_PUBLIC_READ_PROHIBITED', parameter: 'BucketName' },
        { identifier: 'S3_BUCKET_PUBLIC_WRITE_PROHIBITED', parameter: 'BucketName' },
      ],
    },
    {
      id: 'public-account',
      document: publicAccount(),
      permissions: permissions.publicAccount(),
      rules: [{ identifier: 'S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC' }],
    },
  ];
}

function recordRemediations({ names, settings }: RemediationParts): Remediation[] {
  const permissions = new RemediationPermissions(names);
  const ours = { name: [names.trail, { suffix: `:trail/${names.trail}` }] };
  const fixed = { TrailName: names.trail };
  return [
    {
      id: 'trail-logging',
      document: trailLogging(),
      permissions: permissions.trail(['cloudtrail:GetTrailStatus', 'cloudtrail:StartLogging']),
      fixed,
      // The rule speaks of the account, not of a trail.
      rules: [{ identifier: 'CLOUD_TRAIL_ENABLED' }],
      events: [
        {
          name: 'trail-stopped',
          description: 'The trail was stopped',
          pattern: apiCall('cloudtrail', ['StopLogging'], ours),
          parameters: {},
        },
      ],
    },
    {
      id: 'trail-validation',
      document: trailValidation(),
      permissions: permissions.trail(['cloudtrail:GetTrail', 'cloudtrail:UpdateTrail']),
      fixed,
      rules: [{ identifier: 'CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED' }],
      events: [
        {
          name: 'trail-not-validated',
          description: "Validation of the trail's files was switched off",
          pattern: apiCall('cloudtrail', ['UpdateTrail'], { ...ours, enableLogFileValidation: [false] }),
          parameters: {},
        },
      ],
    },
    ...(settings.accountConfig.recorder === 'ours' ? [recorderRemediation(names, permissions)] : []),
  ];
}

/** Somebody else's recorder is somebody else's to start. */
const recorderRemediation = (names: Names, permissions: RemediationPermissions): Remediation => ({
  id: 'config-recorder',
  document: configRecorder(),
  permissions: permissions.configRecorder(),
  fixed: { RecorderName: names.prefix },
  events: [
    {
      name: 'recorder-stopped',
      description: 'The recorder of AWS Config was stopped: no rule notices anything any more',
      pattern: apiCall('config', ['StopConfigurationRecorder']),
      parameters: {},
    },
  ],
});

function protectionRemediations({ names, settings }: RemediationParts): Remediation[] {
  const permissions = new RemediationPermissions(names);
  const { pointInTimeRecoveryDays, keyStoreBackupDays } = settings;
  return [
    {
      id: 'point-in-time-recovery',
      document: pointInTimeRecovery({
        [names.tables.records]: pointInTimeRecoveryDays,
        [names.tables.audit]: pointInTimeRecoveryDays,
        [names.tables.keyStore]: keyStoreBackupDays,
        [names.alertTable]: pointInTimeRecoveryDays,
      }),
      permissions: permissions.pointInTimeRecovery(),
      rules: [{ identifier: 'DYNAMODB_PITR_ENABLED', parameter: 'TableName' }],
      events: [
        {
          name: 'point-in-time-recovery-off',
          description: 'Point-in-time recovery of a table of this deployment was switched off',
          pattern: apiCall('dynamodb', ['UpdateContinuousBackups'], {
            tableName: [{ prefix: `${names.prefix}-` }],
            pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: [false] },
          }),
          parameters: { TableName: '$.detail.requestParameters.tableName' },
        },
      ],
    },
    {
      id: 'key-rotation',
      document: keyRotation(),
      permissions: permissions.keys(['kms:EnableKeyRotation', 'kms:GetKeyRotationStatus']),
      rules: [{ identifier: 'CMK_BACKING_KEY_ROTATION_ENABLED', parameter: 'KeyId' }],
      events: [
        {
          name: 'key-rotation-off',
          description: 'Rotation of a key was switched off',
          pattern: apiCall('kms', ['DisableKeyRotation']),
          parameters: { KeyId: '$.detail.resources[0].ARN' },
        },
      ],
    },
    ...(settings.remediation.rescuesKeys ? [keyRescue(permissions)] : []),
  ];
}

const keyRescue = (permissions: RemediationPermissions): Remediation => ({
  id: 'key-deletion',
  document: keyDeletion(),
  permissions: permissions.keys(['kms:CancelKeyDeletion', 'kms:DescribeKey']),
  rules: [{ identifier: 'KMS_CMK_NOT_SCHEDULED_FOR_DELETION', parameter: 'KeyId' }],
  events: [
    {
      name: 'key-deletion-scheduled',
      description: 'A key is to be deleted, and with it all that it encrypts',
      pattern: apiCall('kms', ['ScheduleKeyDeletion']),
      parameters: { KeyId: '$.detail.resources[0].ARN' },
    },
  ],
});

/** A call that had an effect: CloudTrail writes an error code for the others. */
const apiCall = (service: string, eventName: string[], requestParameters?: Record<string, unknown>) => ({
  source: [`aws.${service}`],
  'detail-type': ['AWS API Call via CloudTrail'],
  detail: {
    eventSource: [`${service}.amazonaws.com`],
    eventName,
    errorCode: [{ exists: false }],
    ...(requestParameters !== undefined && { requestParameters }),
  },
});

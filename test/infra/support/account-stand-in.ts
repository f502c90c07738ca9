import type { AwsApi } from './automation-run.js';
import { ApiError } from './ec2-stand-in.js';

type Input = Record<string, unknown>;
type PublicAccessBlock = Record<string, boolean>;

/** Settings of an account, with answers in the shapes that boto3 hands on: CloudTrail, Config, DynamoDB, KMS, S3, EBS. */
export class AccountStandIn implements AwsApi {
  trail = { IsLogging: true, LogFileValidationEnabled: true };
  isRecording = true;
  readonly tables = new Map<string, { status: 'ENABLED' | 'DISABLED'; days: number }>();
  key = { KeyState: 'Enabled', KeyRotationEnabled: true, days: 365 };
  readonly blocks = new Map<string, PublicAccessBlock>();
  ebs = { isOn: true, key: 'arn:aws:kms:us-east-1:111122223333:key/aws' };
  /** Calls that changed something. */
  readonly changes: string[] = [];

  call(api: string, input: Input): unknown {
    const operation = this.#operations[api];
    if (operation === undefined) throw new Error(`${api} is not known here`);
    if (!/:(Get|Describe)/.test(api)) this.changes.push(api);
    return operation(input);
  }

  pass(): void {
    // Nothing here takes time.
  }

  readonly #operations: Record<string, (input: Input) => unknown> = {
    'cloudtrail:GetTrailStatus': () => ({ IsLogging: this.trail.IsLogging }),
    'cloudtrail:StartLogging': () => ((this.trail.IsLogging = true), {}),
    'cloudtrail:GetTrail': ({ Name }) => ({
      Trail: { Name, LogFileValidationEnabled: this.trail.LogFileValidationEnabled },
    }),
    'cloudtrail:UpdateTrail': (input) => {
      this.trail.LogFileValidationEnabled = input['EnableLogFileValidation'] === true;
      return {};
    },
    'config:DescribeConfigurationRecorderStatus': ({ ConfigurationRecorderNames }) => ({
      ConfigurationRecordersStatus: [
        { name: (ConfigurationRecorderNames as string[])[0], recording: this.isRecording },
      ],
    }),
    'config:StartConfigurationRecorder': () => ((this.isRecording = true), {}),
    'dynamodb:DescribeContinuousBackups': (input) => ({
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: this.#table(input).status },
      },
    }),
    'dynamodb:UpdateContinuousBackups': (input) => {
      const wanted = input['PointInTimeRecoverySpecification'] as Input;
      const table = this.#table(input);
      table.status = wanted['PointInTimeRecoveryEnabled'] === true ? 'ENABLED' : 'DISABLED';
      // "If no value is provided, this value will default to 35": DynamoDB API, PointInTimeRecoverySpecification.
      table.days = Number(wanted['RecoveryPeriodInDays'] ?? 35);
      return {};
    },
    'kms:GetKeyRotationStatus': () => ({ KeyRotationEnabled: this.key.KeyRotationEnabled }),
    'kms:EnableKeyRotation': ({ RotationPeriodInDays }) => {
      this.key.KeyRotationEnabled = true;
      this.key.days = Number(RotationPeriodInDays);
      return {};
    },
    'kms:DescribeKey': ({ KeyId }) => ({ KeyMetadata: { KeyId, KeyState: this.key.KeyState } }),
    'kms:CancelKeyDeletion': ({ KeyId }) => {
      if (this.key.KeyState !== 'PendingDeletion') throw new ApiError('KMSInvalidStateException');
      // "If the operation succeeds, it sets the key state to Disabled": KMS API, CancelKeyDeletion.
      this.key.KeyState = 'Disabled';
      return { KeyId };
    },
    's3:GetPublicAccessBlock': ({ Bucket }) => this.#blocks(String(Bucket)),
    's3:PutPublicAccessBlock': (input) => this.#block(String(input['Bucket']), input),
    's3control:GetPublicAccessBlock': ({ AccountId }) => this.#blocks(String(AccountId)),
    's3control:PutPublicAccessBlock': (input) => this.#block(String(input['AccountId']), input),
    'ec2:GetEbsEncryptionByDefault': () => ({ EbsEncryptionByDefault: this.ebs.isOn }),
    'ec2:EnableEbsEncryptionByDefault': () => ((this.ebs.isOn = true), { EbsEncryptionByDefault: true }),
    'ec2:GetEbsDefaultKmsKeyId': () => ({ KmsKeyId: this.ebs.key }),
    'ec2:ModifyEbsDefaultKmsKeyId': ({ KmsKeyId }) => ((this.ebs.key = String(KmsKeyId)), { KmsKeyId }),
  };

  #table({ TableName }: Input) {
    const table = this.tables.get(String(TableName));
    if (table === undefined) throw new ApiError('TableNotFoundException');
    return table;
  }

  #blocks(of: string): unknown {
    const found = this.blocks.get(of);
    if (found === undefined) throw new ApiError('NoSuchPublicAccessBlockConfiguration');
    return { PublicAccessBlockConfiguration: found };
  }

  #block(of: string, input: Input): unknown {
    this.blocks.set(of, { ...(input['PublicAccessBlockConfiguration'] as PublicAccessBlock) });
    return {};
  }
}

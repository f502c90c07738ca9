import {
  assertThat,
  automation,
  type AutomationDocument,
  call,
  choose,
  end,
  output,
  wait,
} from './automation-document.js';

const SETTING_SECONDS = 600;

/** A trail that stands still records nothing: it runs again (45 CFR 164.312(b)). */
export const trailLogging = (): AutomationDocument => {
  const trail = { Name: '{{ TrailName }}' };
  return automation('Starts a trail of CloudTrail again.', trailParameter, [
    call('look', 'cloudtrail:GetTrailStatus', trail, {
      outputs: [output('IsLogging', '$.IsLogging', 'Boolean')],
    }),
    choose('isDone', [{ NextStep: 'done', Variable: '{{ look.IsLogging }}', BooleanEquals: true }], 'start'),
    call('start', 'cloudtrail:StartLogging', trail),
    wait('check', 'cloudtrail:GetTrailStatus', trail, ['$.IsLogging', ['true']], {
      timeoutSeconds: SETTING_SECONDS,
    }),
    end('done'),
  ]);
};

/** Without digests a file of the trail can be changed unnoticed (45 CFR 164.312(c)(2)). */
export const trailValidation = (): AutomationDocument => {
  const trail = { Name: '{{ TrailName }}' };
  return automation("Turns validation of a trail's files on again.", trailParameter, [
    call('look', 'cloudtrail:GetTrail', trail, {
      outputs: [output('IsValidated', '$.Trail.LogFileValidationEnabled', 'Boolean')],
    }),
    choose(
      'isDone',
      [{ NextStep: 'done', Variable: '{{ look.IsValidated }}', BooleanEquals: true }],
      'turnOn',
    ),
    call('turnOn', 'cloudtrail:UpdateTrail', { ...trail, EnableLogFileValidation: true }),
    assertThat('check', 'cloudtrail:GetTrail', trail, ['$.Trail.LogFileValidationEnabled', ['true']]),
    end('done'),
  ]);
};

const trailParameter = {
  TrailName: {
    type: 'String',
    description: 'Name or ARN of the trail.',
    allowedPattern: '^(arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/)?[A-Za-z0-9._-]{3,128}$',
  },
} as const;

/** No rule notices anything while nothing is recorded. */
export const configRecorder = (): AutomationDocument => {
  const names = { ConfigurationRecorderNames: ['{{ RecorderName }}'] };
  const isRecording = '$.ConfigurationRecordersStatus[0].recording';
  return automation(
    'Starts the recorder of AWS Config again.',
    {
      RecorderName: {
        type: 'String',
        description: 'Name of the configuration recorder.',
        allowedPattern: '^[A-Za-z0-9_-]{1,256}$',
      },
    },
    [
      call('look', 'config:DescribeConfigurationRecorderStatus', names, {
        outputs: [output('IsRecording', isRecording, 'Boolean')],
      }),
      choose(
        'isDone',
        [{ NextStep: 'done', Variable: '{{ look.IsRecording }}', BooleanEquals: true }],
        'start',
      ),
      call('start', 'config:StartConfigurationRecorder', {
        ConfigurationRecorderName: '{{ RecorderName }}',
      }),
      wait('check', 'config:DescribeConfigurationRecorderStatus', names, [isRecording, ['true']], {
        timeoutSeconds: SETTING_SECONDS,
      }),
      end('done'),
    ],
  );
};

/**
 * @param windows how many days back each table of ours can be restored to. The key store's window bounds every erasure: turned on with the
 *   default of 35 days, destroyed keys would live longer than a receipt says. Other tables get the default.
 */
export function pointInTimeRecovery(windows: Record<string, number>): AutomationDocument {
  const table = { TableName: '{{ TableName }}' };
  const status = '$.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus';
  const turnOn = (name: string, days: Record<string, number>) =>
    call(
      name,
      'dynamodb:UpdateContinuousBackups',
      { ...table, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, ...days } },
      { nextStep: 'check' },
    );
  const ours = Object.entries(windows);
  return automation(
    'Turns point-in-time recovery of a DynamoDB table on again.',
    {
      TableName: {
        type: 'String',
        description: 'The table.',
        allowedPattern: '^[A-Za-z0-9_.-]{3,255}$',
      },
    },
    [
      call('look', 'dynamodb:DescribeContinuousBackups', table, { outputs: [output('Status', status)] }),
      choose(
        'whichTable',
        [
          { NextStep: 'done', Variable: '{{ look.Status }}', StringEquals: 'ENABLED' },
          ...ours.map(([name], index) => ({
            NextStep: `turnOnOurs${index}`,
            Variable: '{{ TableName }}',
            StringEquals: name,
          })),
        ],
        'turnOn',
      ),
      ...ours.map(([, days], index) => turnOn(`turnOnOurs${index}`, { RecoveryPeriodInDays: days })),
      turnOn('turnOn', {}),
      wait('check', 'dynamodb:DescribeContinuousBackups', table, [status, ['ENABLED']], {
        timeoutSeconds: SETTING_SECONDS,
      }),
      end('done'),
    ],
  );
}

/** Rotation of a symmetric key that KMS made. */
export const keyRotation = (): AutomationDocument => {
  const key = { KeyId: '{{ KeyId }}' };
  return automation('Turns yearly rotation of a KMS key on again.', keyParameter, [
    call('look', 'kms:GetKeyRotationStatus', key, {
      outputs: [output('IsRotated', '$.KeyRotationEnabled', 'Boolean')],
    }),
    choose('isDone', [{ NextStep: 'done', Variable: '{{ look.IsRotated }}', BooleanEquals: true }], 'turnOn'),
    call('turnOn', 'kms:EnableKeyRotation', { ...key, RotationPeriodInDays: 365 }),
    assertThat('check', 'kms:GetKeyRotationStatus', key, ['$.KeyRotationEnabled', ['true']]),
    end('done'),
  ]);
};

/**
 * Everything under a deleted key is lost for ever, so the deletion is called off. The key stays disabled, as KMS leaves it: who wanted it deleted
 * may have had a reason (a stolen credential), so that people decide whether it is used again.
 */
export const keyDeletion = (): AutomationDocument => {
  const key = { KeyId: '{{ KeyId }}' };
  return automation('Calls off the deletion of a KMS key, and leaves the key disabled.', keyParameter, [
    call('look', 'kms:DescribeKey', key, { outputs: [output('State', '$.KeyMetadata.KeyState')] }),
    choose(
      'isPending',
      [{ NextStep: 'callOff', Variable: '{{ look.State }}', StringEquals: 'PendingDeletion' }],
      'done',
    ),
    call('callOff', 'kms:CancelKeyDeletion', key),
    assertThat('check', 'kms:DescribeKey', key, ['$.KeyMetadata.KeyState', ['Disabled']]),
    end('done'),
  ]);
};

const keyParameter = {
  KeyId: {
    type: 'String',
    description: 'Id or ARN of the key.',
    allowedPattern: '^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/)?[A-Za-z0-9-]{1,64}$',
  },
} as const;

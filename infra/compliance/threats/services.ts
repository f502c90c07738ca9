import { type Condition, ROLE_NAME } from './conditions.js';
import { ofSection, type Threat, type Watched, words } from './threat.js';

/** Parameters (the index root is the most sensitive one) and what Systems Manager opens. */
export const parameterThreats = ({ names, roles }: Watched): Threat[] => {
  // A call may name a parameter by its ARN as well.
  const ours = [`*${names.parameterPrefix}/*`];
  const { task, operator, secureParameter } = names.roles;
  const strangers: Condition = {
    path: ROLE_NAME,
    // The copier of the issuer's keys: CloudFormation gives its role a name.
    unlike: [task, operator, secureParameter, `${names.stacks.api}-IssuerKeys*`, ...roles.deployers],
  };
  return ofSection('parameters', [
    {
      id: 'parameter-changed',
      title: 'A parameter of the service was written or removed by a stranger',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['ssm'],
        operations: words('PutParameter DeleteParameter DeleteParameters'),
        where: [
          {
            either: [
              { path: 'requestParameters.name', like: ours },
              { path: 'requestParameters.names', like: ours },
            ],
          },
          strangers,
        ],
      },
      resource: 'requestParameters.name',
      second: { filter: 'parameters' },
      first:
        'Put the value back from its history (ssm get-parameter-history) by the operator; a lost index root is a lost index.',
    },
    {
      id: 'parameter-read',
      title: 'A parameter of the service was read by a stranger',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['ssm'],
        operations: words('GetParameter GetParameters GetParametersByPath GetParameterHistory'),
        where: [
          {
            either: [
              { path: 'requestParameters.name', like: ours },
              { path: 'requestParameters.names', like: ours },
              { path: 'requestParameters.path', like: [`${names.parameterPrefix}*`] },
            ],
          },
          strangers,
        ],
      },
      reads: true,
      resource: 'requestParameters.name',
      second: { filter: 'parameter-reads' },
      first:
        'If it was the index root: replace it (phi keys reindex). It opens no record, but lets identifiers be guessed.',
    },
    {
      id: 'session-started',
      title: 'A session on a machine was opened, or a document was shared with other accounts',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: { services: ['ssm'], operations: words('StartSession ModifyDocumentPermission') },
      resource: 'requestParameters.target',
      second: { filter: 'sessions' },
      first: 'End the session (ssm terminate-session): nothing of this deployment runs on a machine.',
    },
  ]);
};

const modelCalls = words('InvokeModel InvokeModelWithResponseStream Converse ConverseStream');

/** Screening by a model. */
export const bedrockThreats = ({ names, roles }: Watched): Threat[] =>
  ofSection('bedrock', [
    {
      id: 'guardrail-weakened',
      title: 'The guardrail was changed or removed',
      severity: 'CRITICAL',
      paragraph: '164.502(b)',
      event: { services: ['bedrock'], operations: words('DeleteGuardrail UpdateGuardrail') },
      resource: 'requestParameters.guardrailIdentifier',
      byDeployments: true,
      second: { filter: 'bedrock' },
      first:
        'Deploy the api stack again. The service asks for a fixed version; without it texts are refused (503).',
    },
    {
      id: 'guardrail-version',
      title: 'A version of the guardrail was published',
      severity: 'INFO',
      paragraph: '164.308(a)(8)',
      event: { services: ['bedrock'], operations: ['CreateGuardrailVersion'] },
      resource: 'requestParameters.guardrailIdentifier',
      first: 'Compare with the change request.',
    },
    {
      id: 'model-logging-changed',
      title: 'What is logged of calls to models was changed: prompts could be kept somewhere',
      severity: 'CRITICAL',
      paragraph: '164.312(b)',
      event: {
        services: ['bedrock'],
        operations: words('DeleteModelInvocationLoggingConfiguration PutModelInvocationLoggingConfiguration'),
      },
      second: { filter: 'bedrock' },
      first: 'Switch it off: prompts hold masked notes, and a log of them would be another place with PHI.',
    },
    {
      id: 'model-customized',
      title: 'Somebody trains a model',
      severity: 'CRITICAL',
      paragraph: '164.502(a)',
      event: { services: ['bedrock'], operations: ['CreateModelCustomizationJob'] },
      second: { filter: 'bedrock' },
      first: 'Stop the job (bedrock stop-model-customization-job); see where its data came from.',
    },
    {
      id: 'model-called',
      title: 'A model was called by somebody who is not the service',
      severity: 'HIGH',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['bedrock'],
        operations: modelCalls,
        where: [{ path: ROLE_NAME, unlike: [names.roles.task, names.roles.operator, ...roles.deployers] }],
      },
      reads: true,
      resource: 'requestParameters.modelId',
      second: { filter: 'model-calls' },
      first: 'Ask what the text was. The saved query guardrail-violations lists calls without a guardrail.',
    },
    {
      id: 'model-without-guardrail',
      title:
        'The service was refused a model or its guardrail: it asked without the guardrail, or a policy was changed',
      severity: 'CRITICAL',
      paragraph: '164.502(b)',
      event: {
        services: ['bedrock'],
        operations: [...modelCalls, 'ApplyGuardrail'],
        where: [
          { path: ROLE_NAME, like: [names.roles.task, names.roles.operator] },
          { path: 'errorCode', like: ['AccessDenied*'] },
        ],
      },
      reads: true,
      resource: 'requestParameters.modelId',
      second: { filter: 'model-calls' },
      first: 'IAM let nothing through. Look at the version that runs and at its variables.',
    },
  ]);

/** Volumes and snapshots. */
export const volumeThreats = (_: Watched): Threat[] =>
  ofSection('volumes', [
    {
      id: 'volume-encryption-weakened',
      title: 'Encryption of volumes by default, its key, or the block of public snapshots was changed',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(iv)',
      event: {
        services: ['ec2'],
        operations: words(
          'DisableEbsEncryptionByDefault ModifyEbsDefaultKmsKeyId ResetEbsDefaultKmsKeyId DisableSnapshotBlockPublicAccess',
        ),
      },
      second: { filter: 'volumes' },
      first:
        'Switch it on again (ec2 enable-ebs-encryption-by-default), with the key of the compliance stack.',
    },
    {
      id: 'snapshot-shared',
      title: 'Who may use a snapshot was changed',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: { services: ['ec2'], operations: ['ModifySnapshotAttribute'] },
      resource: 'requestParameters.snapshotId',
      second: { filter: 'volumes' },
      first: 'Reset it (ec2 reset-snapshot-attribute).',
    },
    {
      id: 'volume-unencrypted',
      title: 'A volume was made without encryption',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(iv)',
      event: {
        services: ['ec2'],
        operations: ['CreateVolume'],
        where: [{ path: 'responseElements.encrypted', is: [false] }],
      },
      resource: 'responseElements.volumeId',
      second: { config: 'ENCRYPTED_VOLUMES' },
      first: 'If it holds PHI: run the repair that copies it to an encrypted one.',
    },
  ]);

import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';
import { requiredTags } from '../tags.js';
import type { PlatformKeys } from './keys.js';
import { PhiFunction } from './phi-function.js';

/**
 * What the service reads at its start: `index-root` as SecureString, made by a function of ours; ARNs and addresses, which are
 * no secrets, as text.
 */
export class PlatformParameters extends Construct {
  constructor(
    scope: Construct,
    id: string,
    names: Names,
    settings: Settings,
    keys: PlatformKeys,
    oidcIssuer: string,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const text = (id: string, parameterName: string, stringValue: string, description: string) =>
      new StringParameter(this, id, { parameterName, stringValue, description });
    text(
      'KmsKeyArn',
      names.parameters.kmsKeyArn,
      // By alias: the key behind it can be replaced beside a running service.
      stack.formatArn({ service: 'kms', resource: names.aliases.records }),
      'Alias of the key that wraps patient keys',
    );
    text(
      'SigningKeyArn',
      names.parameters.signingKeyArn,
      keys.signing.keyArn,
      'Key that signs checkpoints of the audit trail',
    );
    text('OidcIssuer', names.parameters.oidcIssuer, oidcIssuer, 'Issuer of access tokens');
    this.#indexRoot(names, settings, keys);
  }

  #indexRoot(names: Names, settings: Settings, keys: PlatformKeys): void {
    const maker = new PhiFunction(this, 'SecureParameter', {
      settings,
      source: 'secure-parameter',
      description: 'Makes SecureString parameters and shows them to nobody',
      logGroupName: `${names.logGroupPrefix}secure-parameter`,
      logKey: keys.audit,
      roleName: names.roles.secureParameter,
      permissions: [
        new PolicyStatement({
          sid: 'IndexRoot',
          actions: [
            'ssm:AddTagsToResource',
            'ssm:GetParameter',
            'ssm:PutParameter',
            ...(settings.retainsData ? [] : ['ssm:DeleteParameter']),
          ],
          resources: [
            Stack.of(this).formatArn({
              service: 'ssm',
              resource: 'parameter',
              resourceName: names.parameters.indexRoot.slice(1),
            }),
          ],
        }),
      ],
    });
    const indexRoot = new CustomResource(this, 'IndexRoot', {
      resourceType: 'Custom::SecureParameter',
      serviceToken: maker.function.functionArn,
      serviceTimeout: Duration.minutes(5),
      removalPolicy: dataRemoval(settings),
      properties: {
        Name: names.parameters.indexRoot,
        KeyId: names.aliases.parameters,
        Tags: JSON.stringify(requiredTags(settings, 'Data')),
        Retain: String(settings.retainsData),
      },
    });
    indexRoot.node.addDependency(keys.parameters, maker);
  }
}

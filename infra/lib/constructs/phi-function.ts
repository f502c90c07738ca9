import { Duration } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { lambdaEntry, repositoryFolder } from '../repository.js';
import type { Settings } from '../settings.js';
import { EncryptedLogGroup } from './log-group.js';

export interface PhiFunctionProps {
  settings: Settings;
  /** Folder with a `handler.ts` that exports `handler`: below `infra/lambda`, or by its path, `apps/compliance-alerter/src`. */
  source: string;
  description: string;
  /** Under `/phi/<stage>/lambda/`. */
  logGroupName: string;
  /** The audit key: it encrypts the logs. */
  logKey: IKey;
  /** Only where a key policy knows the role by its name. */
  roleName?: string;
  environment?: Record<string, string>;
  /** All that it may do beside writing its own logs. */
  permissions: PolicyStatement[];
  timeout?: Duration;
  memoryMegabytes?: number;
}

/**
 * A Lambda of the infrastructure: TypeScript bundled by esbuild with its SDK, an own role that may do what is listed and nothing
 * else, a log group under our key that exists before the first call.
 */
export class PhiFunction extends Construct {
  readonly function: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: PhiFunctionProps) {
    super(scope, id);
    const { settings, logKey, logGroupName } = props;
    this.logGroup = new EncryptedLogGroup(this, 'Logs', logGroupName, settings, logKey).logGroup;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
      ...(props.roleName !== undefined && { roleName: props.roleName }),
    });
    const permissions = new ManagedPolicy(this, 'Permissions', {
      description: props.description,
      roles: [role],
      statements: [
        // The group is there already, and only streams in it are made: AWS's managed policy would allow every group of the account.
        new PolicyStatement({
          sid: 'Logs',
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.logGroup.logGroupArn],
        }),
        ...props.permissions,
      ],
    });
    this.function = new NodejsFunction(this, 'Function', {
      entry: lambdaEntry(props.source),
      handler: 'handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memoryMegabytes ?? 256,
      // Constructs that use the function add nothing to its role by themselves.
      role: role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      environment: { ...props.environment },
      projectRoot: repositoryFolder,
      depsLockFilePath: join(repositoryFolder, 'package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        // What is tested is what runs: the SDK of the lockfile, not the one that the runtime has today.
        bundleAwsSDK: true,
        // Parts of the SDK are CommonJS and ask for `require`.
        banner:
          "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        sourceMap: false,
      },
    });
    // Whoever calls it first finds it permitted.
    this.function.node.addDependency(permissions);
  }
}

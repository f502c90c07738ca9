import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings.js';

/** A log group as all of ours are: named, under our key, with an end. */
export class EncryptedLogGroup extends Construct {
  readonly logGroup: LogGroup;

  /** @param key whose policy admits log groups of this name */
  constructor(scope: Construct, id: string, logGroupName: string, settings: Settings, key: IKey) {
    super(scope, id);
    const retention: RetentionDays = settings.logRetentionDays;
    this.logGroup = new LogGroup(this, 'Group', {
      logGroupName,
      encryptionKey: key,
      retention,
      removalPolicy: settings.retainsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}

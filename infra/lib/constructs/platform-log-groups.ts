import { Construct } from 'constructs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { EncryptedLogGroup } from './log-group.js';

/**
 * Log groups that the api stack writes to. They belong to the audit stack, which keeps what it has when the api stack is
 * taken down and deployed again, and which sends two of them to the log archive.
 */
export class PlatformLogGroups extends Construct {
  readonly service: EncryptedLogGroup;
  readonly apiAccess: EncryptedLogGroup;
  readonly flows: EncryptedLogGroup;
  readonly firewall: EncryptedLogGroup;

  constructor(scope: Construct, id: string, { logGroups }: Names, settings: Settings, key: IKey) {
    super(scope, id);
    this.service = new EncryptedLogGroup(this, 'Service', logGroups.service, settings, key);
    this.apiAccess = new EncryptedLogGroup(this, 'ApiAccess', logGroups.apiAccess, settings, key);
    this.flows = new EncryptedLogGroup(this, 'Flows', logGroups.flows, settings, key);
    this.firewall = new EncryptedLogGroup(this, 'Firewall', logGroups.firewall, settings, key);
  }
}

import type { Node } from 'constructs';
import { type AccountSettings, exampleAccount } from './settings.js';

/**
 * What the account adds, from context: `-c domainName=... -c certificateArn=... -c alarmAddresses=a@x,b@x`, or the same names in
 * `cdk.json` or `~/.cdk.json`. `-c example=true` stands for an account, to look at templates without one.
 */
export function accountSettings(node: Node): AccountSettings {
  const text = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? undefined : String(value);
  };
  const list = (name: string): string[] | undefined =>
    text(name)
      ?.split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  const given = {
    stage: text('stage'),
    region: text('region'),
    domainName: text('domainName'),
    certificateArn: text('certificateArn'),
    imageTag: text('imageTag'),
    keyAdministratorRoleArns: list('keyAdministratorRoleArns'),
    alarmAddresses: list('alarmAddresses'),
    callbackUrls: list('callbackUrls'),
    remediationApproverArns: list('remediationApproverArns'),
  };
  return {
    ...(text('example') === 'true' ? exampleAccount : {}),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

import type { ThreatRule } from '../../../infra/compliance/threats/rules.js';
import { matchesPattern } from '../../support/event-pattern.js';
import {
  accountId,
  assumedRole,
  cloudTrailRecord,
  type CloudTrailRecord,
  uuidOf,
} from './cloud-trail-records.js';

/** An event as it stands on the bus. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** A role that some pipeline left behind. */
export const thief = assumedRole('old-ci-role', 'unknown');
export const deployer = assumedRole(
  `cdk-hnb659fds-cfn-exec-role-${accountId}-us-east-1`,
  'AWSCloudFormation',
);
/** After the AWS CloudTrail User Guide, "CloudTrail userIdentity element", examples. */
export const user: Record<string, unknown> = {
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLE',
  arn: `arn:aws:iam::${accountId}:user/Alice`,
  accountId,
  accessKeyId: 'AKIAEXAMPLE',
  userName: 'Alice',
};
export const root: Record<string, unknown> = {
  type: 'Root',
  principalId: accountId,
  arn: `arn:aws:iam::${accountId}:root`,
  accountId,
};

/** A record of CloudTrail and what is added to it. */
export interface CallDetails {
  who?: Record<string, unknown>;
  resource?: { arn: string; type: string };
  readOnly?: boolean;
  isData?: boolean;
  errorCode?: string;
  region?: string;
  more?: Record<string, unknown>;
}

export function call(
  service: string,
  operation: string,
  parameters: Record<string, unknown> | null = null,
  { who = thief, readOnly = false, more = {}, ...details }: CallDetails = {},
): CloudTrailRecord & Record<string, unknown> {
  const record = cloudTrailRecord({
    name: `${service} ${operation} ${JSON.stringify(parameters)}`,
    at: new Date('2026-11-03T10:00:00Z'),
    who,
    service,
    operation,
    parameters,
    readOnly,
    sourceAddress: '203.0.113.66',
    ...details,
  });
  return { ...record, ...more };
}

/** @see Amazon EventBridge User Guide, "AWS service events delivered via AWS CloudTrail" */
export function delivered(
  record: CloudTrailRecord & Record<string, unknown>,
  detailType = 'AWS API Call via CloudTrail',
): BusEvent {
  return {
    version: '0',
    id: uuidOf(`event of ${record.eventID}`),
    'detail-type': detailType,
    source: `aws.${record.eventSource.split('.')[0]}`,
    account: accountId,
    time: record.eventTime,
    region: record.awsRegion,
    resources: [],
    detail: record,
  };
}

/** After the AWS CloudTrail User Guide, "AWS Management Console sign-in events". */
export const signIn = (who: Record<string, unknown>, MFAUsed: string, ConsoleLogin = 'Success') =>
  delivered(
    call('signin', 'ConsoleLogin', null, {
      who,
      more: {
        eventType: 'AwsConsoleSignIn',
        additionalEventData: { LoginTo: 'https://console.aws.amazon.com/', MobileVersion: 'No', MFAUsed },
        responseElements: { ConsoleLogin },
      },
    }),
    'AWS Console Sign In via CloudTrail',
  );

/** An event that a service sends itself. */
export const serviceEvent = (
  source: string,
  detailType: string,
  detail: Record<string, unknown>,
  resources: string[] = [],
): BusEvent => ({
  version: '0',
  id: uuidOf(`${source} ${JSON.stringify(detail)}`),
  'detail-type': detailType,
  source,
  account: accountId,
  time: '2026-11-03T10:00:00Z',
  region: 'us-east-1',
  resources,
  detail,
});

/** Whether a rule in its state takes the event: one that is plainly enabled sees no reads among management events. */
export function takes({ pattern, state }: ThreatRule, event: BusEvent): boolean {
  const { managementEvent, readOnly } = event.detail;
  if (state === 'ENABLED' && managementEvent === true && readOnly === true) return false;
  return matchesPattern(pattern, event);
}

/** What EventBridge makes of the template: each placeholder is the value at its path, and nothing where there is none. */
export function transformed(
  { inputPathsMap, inputTemplate }: { inputPathsMap: Record<string, string>; inputTemplate: string },
  event: BusEvent,
): Record<string, unknown> {
  const text = Object.entries(inputPathsMap).reduce((filled, [name, path]) => {
    const value = valueAt(event, path);
    return filled.replaceAll(`<${name}>`, value === undefined ? '' : String(value));
  }, inputTemplate);
  return JSON.parse(text) as Record<string, unknown>;
}

function valueAt(event: unknown, path: string): unknown {
  return path
    .replace(/^\$\./, '')
    .split(/[.[\]]+/)
    .filter((name) => name !== '')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], event);
}

/** Settings of the audit stack. */
export interface AuditSettings {
  /** The most that one query may read, gigabytes; Athena is paid by what it reads. */
  queryScanLimitGigabytes: number;
  /** How long results of queries are kept. Who needs one longer exports it. */
  queryResultDays: number;
  /** Regions whose calls the trail's table reads: those that an account has switched on. */
  trailRegions: readonly string[];
  /** Before this day the tables have no partitions, `yyyy/MM/dd`. */
  trailBegins: string;
}

/** Switched on in every account. @see AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account" */
const defaultRegions = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

export const devAudit: AuditSettings = {
  queryScanLimitGigabytes: 1,
  queryResultDays: 7,
  trailRegions: defaultRegions,
  trailBegins: '2026/01/01',
};

export const prodAudit: AuditSettings = {
  queryScanLimitGigabytes: 100,
  queryResultDays: 30,
  trailRegions: defaultRegions,
  trailBegins: '2026/01/01',
};

/** @returns rules and what to say if one does not hold */
export function auditRules(audit: AuditSettings, region: string): [boolean, string][] {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  return [
    [within(audit.queryScanLimitGigabytes, 1, 10_000), 'audit.queryScanLimitGigabytes: 1 to 10000'],
    [within(audit.queryResultDays, 1, 365), 'audit.queryResultDays: 1 to 365'],
    [audit.trailRegions.includes(region), 'audit.trailRegions: the region of the deployment among them'],
    [/^20\d\d\/(0[1-9]|1[0-2])\/([0-2]\d|3[01])$/.test(audit.trailBegins), 'audit.trailBegins: yyyy/MM/dd'],
  ];
}

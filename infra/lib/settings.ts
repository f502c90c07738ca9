import {
  accountConfigRules,
  type AccountConfigSettings,
  devAccountConfig,
  prodAccountConfig,
} from './account-config-settings.js';
import { auditRules, type AuditSettings, devAudit, prodAudit } from './audit-settings.js';
import { exampleVendors, readVendors, type Vendor, vendorRules } from './vendor-register.js';
import {
  complianceRules,
  type ComplianceSettings,
  devCompliance,
  prodCompliance,
} from './compliance-settings.js';
import { apiRules, type ApiSettings, devApi, prodApi } from './api-settings.js';
import {
  devRemediation,
  prodRemediation,
  remediationRules,
  type RemediationSettings,
} from './remediation-settings.js';

export type EnvironmentName = 'dev' | 'prod';

/** How one environment is deployed. Sizes and times have their unit in the name. */
export interface Settings {
  environment: EnvironmentName;
  /** Part of every name, so that several deployments fit into one account. */
  stage: string;
  region: string;
  /** Where the API answers. In prod it is required, with its certificate. */
  domainName: string | undefined;
  /** ARN of the certificate of `domainName` in ACM, in the same region. */
  certificateArn: string | undefined;
  /** Version of the service, a tag of its image. */
  imageTag: string;
  /** Roles that administer the keys, beside the one that deploys. They can use none of them. */
  keyAdministratorRoleArns: readonly string[];
  /** E-mail addresses that alarms go to. */
  alarmAddresses: readonly string[];
  /** Where a browser may be sent back to after signing in; empty: no application for people. */
  callbackUrls: readonly string[];
  /** Whether what holds PHI outlives its stack and refuses to be deleted. */
  retainsData: boolean;
  /** Kept in CloudWatch. What has to be kept for six years goes to S3. */
  logRetentionDays: number;
  /** Access logs of buckets and load balancers, in S3. */
  accessLogRetentionDays: number;
  /** Window of point-in-time recovery of records and audit tables, 1 to 35. */
  pointInTimeRecoveryDays: number;
  /** The same of the key store: an erasure is final in backups after it (`PHI_KEY_STORE_BACKUP_DAYS`). */
  keyStoreBackupDays: number;
  backup: {
    dailyRetentionDays: number;
    /** 0: no monthly backups. */
    monthlyRetentionDays: number;
    /** `compliance`: nobody can shorten it, AWS neither, three days after the vault was made. */
    vaultLock: 'governance' | 'compliance';
  };
  auditArchive: {
    /** Of Object Lock. `COMPLIANCE`: nobody can delete a version before its time, the root user neither. */
    lockMode: 'GOVERNANCE' | 'COMPLIANCE';
    lockDays: number;
    glacierAfterDays: number;
    /** When versions are removed; not before their lock ends. */
    expireAfterDays: number;
  };
  userPool: {
    /** Cognito's threat protection: adaptive authentication, compromised passwords. Costs per active user. */
    threatProtection: boolean;
  };
  accountConfig: AccountConfigSettings;
  api: ApiSettings;
  audit: AuditSettings;
  /** Who holds PHI for whoever deploys, and the agreements with them: `compliance/vendors.yaml`. */
  vendors: readonly Vendor[];
  compliance: ComplianceSettings;
  remediation: RemediationSettings;
  /** Roles of which one has to approve that an instance is stopped to encrypt its volume; none: such volumes are left to people. */
  remediationApproverArns: readonly string[];
}

/** What an account knows and this repository does not. */
export type AccountSettings = Partial<
  Pick<
    Settings,
    | 'stage'
    | 'region'
    | 'domainName'
    | 'certificateArn'
    | 'imageTag'
    | 'keyAdministratorRoleArns'
    | 'alarmAddresses'
    | 'callbackUrls'
    | 'vendors'
    | 'remediationApproverArns'
  >
>;

/** 45 CFR 164.316(b)(2)(i): six years, with the leap days that they may have. */
const SIX_YEARS_DAYS = 2192;

const environments: Record<EnvironmentName, Omit<Settings, 'vendors'>> = {
  dev: {
    environment: 'dev',
    stage: 'dev',
    region: 'us-east-1',
    domainName: undefined,
    certificateArn: undefined,
    imageTag: '0.1.0',
    keyAdministratorRoleArns: [],
    alarmAddresses: [],
    callbackUrls: ['https://localhost:3000/docs/oauth2-redirect.html'],
    retainsData: false,
    logRetentionDays: 30,
    accessLogRetentionDays: 30,
    pointInTimeRecoveryDays: 1,
    keyStoreBackupDays: 1,
    backup: { dailyRetentionDays: 3, monthlyRetentionDays: 0, vaultLock: 'governance' },
    auditArchive: { lockMode: 'GOVERNANCE', lockDays: 1, glacierAfterDays: 30, expireAfterDays: 120 },
    userPool: { threatProtection: false },
    accountConfig: devAccountConfig,
    api: devApi,
    audit: devAudit,
    compliance: devCompliance,
    remediation: devRemediation,
    remediationApproverArns: [],
  },
  prod: {
    environment: 'prod',
    stage: 'prod',
    region: 'us-east-1',
    domainName: undefined,
    certificateArn: undefined,
    imageTag: '0.1.0',
    keyAdministratorRoleArns: [],
    alarmAddresses: [],
    callbackUrls: [],
    retainsData: true,
    logRetentionDays: 365,
    accessLogRetentionDays: SIX_YEARS_DAYS,
    pointInTimeRecoveryDays: 35,
    keyStoreBackupDays: 7,
    backup: { dailyRetentionDays: 35, monthlyRetentionDays: 365, vaultLock: 'compliance' },
    auditArchive: {
      lockMode: 'COMPLIANCE',
      lockDays: SIX_YEARS_DAYS,
      glacierAfterDays: 90,
      expireAfterDays: SIX_YEARS_DAYS + 1,
    },
    userPool: { threatProtection: true },
    accountConfig: prodAccountConfig,
    api: prodApi,
    audit: prodAudit,
    compliance: prodCompliance,
    remediation: prodRemediation,
    remediationApproverArns: [],
  },
};

/** Stands for an account in tests and estimates; nothing can be deployed with it. */
export const exampleAccount: AccountSettings = {
  domainName: 'phi.example.org',
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000',
  alarmAddresses: ['security@example.org'],
  callbackUrls: ['https://phi.example.org/docs/oauth2-redirect.html'],
  vendors: exampleVendors,
  remediationApproverArns: ['arn:aws:iam::111122223333:role/security-officer'],
};

/**
 * @param name `dev` or `prod`
 * @param account what this account adds
 * @throws Error that names every wrong setting
 */
export function settingsOf(name: string, account: AccountSettings = {}): Settings {
  if (name !== 'dev' && name !== 'prod') throw new Error('env must be dev or prod: cdk synth -c env=dev');
  const settings: Settings = { ...environments[name], vendors: account.vendors ?? readVendors(), ...account };
  const faults = faultsOf(settings);
  if (faults.length > 0) throw new Error(`Wrong settings of ${name}:\n- ${faults.join('\n- ')}`);
  return settings;
}

/** CloudWatch takes no others. */
const LOG_RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function faultsOf(settings: Settings): string[] {
  const { backup, auditArchive } = settings;
  const isProd = settings.environment === 'prod';
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  const rules: [boolean, string][] = [
    [
      /^[a-z][a-z0-9-]{0,19}$/.test(settings.stage),
      'stage: up to 20 lower case letters, digits and hyphens, a letter first',
    ],
    // A stack of prod that is deployed with the settings of dev would lose its protection.
    [isProd || !settings.stage.startsWith('prod'), 'stage: one that begins with prod is for env=prod'],
    // Part of the host name of Cognito's sign-in page, which takes none of them.
    [!/aws|amazon|cognito/.test(settings.stage), 'stage: without aws, amazon and cognito'],
    [/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(settings.region), 'region: an AWS region'],
    [
      (settings.domainName === undefined) === (settings.certificateArn === undefined),
      'domainName and certificateArn: both or none',
    ],
    [!isProd || settings.domainName !== undefined, 'domainName: required in prod'],
    [!isProd || settings.certificateArn !== undefined, 'certificateArn: required in prod'],
    [
      settings.domainName === undefined ||
        /^(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z]{2,63}$/.test(settings.domainName),
      'domainName: a host name in lower case',
    ],
    [
      settings.certificateArn === undefined ||
        new RegExp(`^arn:aws[a-z-]*:acm:${settings.region}:\\d{12}:certificate/.+$`).test(
          settings.certificateArn,
        ),
      'certificateArn: the ARN of an ACM certificate in the region of the deployment',
    ],
    [
      settings.keyAdministratorRoleArns.every((arn) => /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)),
      'keyAdministratorRoleArns: ARNs of IAM roles',
    ],
    [
      settings.alarmAddresses.every((address) => /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address)),
      'alarmAddresses: e-mail addresses',
    ],
    [!isProd || settings.alarmAddresses.length > 0, 'alarmAddresses: at least one in prod'],
    [!isProd || settings.retainsData, 'retainsData: must be on in prod'],
    [
      LOG_RETENTIONS.includes(settings.logRetentionDays),
      `logRetentionDays: one of ${LOG_RETENTIONS.join(', ')}`,
    ],
    [within(settings.accessLogRetentionDays, 1, 36500), 'accessLogRetentionDays: 1 to 36500'],
    [within(settings.pointInTimeRecoveryDays, 1, 35), 'pointInTimeRecoveryDays: 1 to 35'],
    [within(settings.keyStoreBackupDays, 1, 35), 'keyStoreBackupDays: 1 to 35'],
    [within(backup.dailyRetentionDays, 1, 36500), 'backup.dailyRetentionDays: 1 to 36500'],
    [within(backup.monthlyRetentionDays, 0, 36500), 'backup.monthlyRetentionDays: 0 to 36500'],
    [within(auditArchive.lockDays, 1, 36500), 'auditArchive.lockDays: 1 to 36500'],
    [
      !isProd || (auditArchive.lockMode === 'COMPLIANCE' && auditArchive.lockDays >= SIX_YEARS_DAYS),
      `auditArchive: COMPLIANCE for at least ${SIX_YEARS_DAYS} days in prod (45 CFR 164.316)`,
    ],
    [
      within(auditArchive.glacierAfterDays, 1, auditArchive.expireAfterDays - 90),
      'auditArchive.glacierAfterDays: at least 90 days, the least that Glacier charges, before expireAfterDays',
    ],
    [auditArchive.expireAfterDays > auditArchive.lockDays, 'auditArchive.expireAfterDays: after lockDays'],
    [
      settings.callbackUrls.every((url) => /^https:\/\/[^\s#*]+$/.test(url)),
      'callbackUrls: https addresses without fragment and wildcard',
    ],
    [
      /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(settings.imageTag) && settings.imageTag !== 'latest',
      'imageTag: a tag that says which version runs, not latest',
    ],
    ...accountConfigRules(settings.accountConfig, isProd),
    ...apiRules(settings.api, isProd),
    ...auditRules(settings.audit, settings.region),
    ...vendorRules(settings.vendors, isProd),
    ...complianceRules(settings.compliance),
    ...remediationRules(settings.remediation, settings.remediationApproverArns),
  ];
  return rules.flatMap(([holds, fault]) => (holds ? [] : [fault]));
}

/** Settings of the compliance stack. */
export interface ComplianceSettings {
  /**
   * Services that look for attacks and drift by themselves. Each is one for an account and region, and costs: switched off here where the
   * organization has switched it on already. Findings are routed in either case.
   */
  services: {
    guardDuty: boolean;
    /** With CIS 3.0, AWS's own best practices and NIST 800-53. It needs AWS Config. */
    securityHub: boolean;
    macie: boolean;
    accessAnalyzer: boolean;
  };
  /** How often Macie looks into the buckets for sensitive data; it is paid by what it reads. */
  macieJob: 'DAILY' | 'WEEKLY' | 'MONTHLY';
  /** Names of roles for emergencies, `*` being anything; taking one is told at once. */
  breakGlassRoles: readonly string[];
  /** Names of roles that may push images, `*` being anything. Nobody else may. */
  pipelineRoles: readonly string[];
  /** Interventions of the guardrail in five minutes that are unusual: each replaced phone number is one. */
  guardrailInterventions: number;
  /** How often within five minutes somebody is shown a restricted patient before an alarm comes: 1 where there are few, more in a psychiatry. */
  restrictedReads: number;
  /** Alarms on reads of tables that are unlike the last weeks: three metrics each. */
  anomalyDetection: boolean;
  /** The saved queries that run every day, and what is too much. */
  dailyQueries: {
    patientsAnHour: number;
    minutesBetween: number;
    /** Hours of the day, UTC, in which people work: from the first until before the second. */
    workingHours: readonly [from: number, until: number];
  };
}

const base: ComplianceSettings = {
  services: { guardDuty: true, securityHub: true, macie: true, accessAnalyzer: true },
  macieJob: 'WEEKLY',
  breakGlassRoles: ['*break-glass*'],
  pipelineRoles: ['phi-ci-*'],
  guardrailInterventions: 100,
  restrictedReads: 1,
  anomalyDetection: true,
  dailyQueries: { patientsAnHour: 50, minutesBetween: 5, workingHours: [10, 24] },
};

export const devCompliance: ComplianceSettings = {
  ...base,
  services: { guardDuty: false, securityHub: false, macie: false, accessAnalyzer: true },
  anomalyDetection: false,
};

export const prodCompliance: ComplianceSettings = base;

/** @returns rules and what to say if one does not hold */
export function complianceRules(compliance: ComplianceSettings): [boolean, string][] {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  const { patientsAnHour, minutesBetween, workingHours } = compliance.dailyQueries;
  const areRoles = (roles: readonly string[]) => roles.every((role) => /^[\w+=,.@*-]{1,64}$/.test(role));
  return [
    [areRoles(compliance.breakGlassRoles), 'compliance.breakGlassRoles: names of IAM roles'],
    [
      areRoles(compliance.pipelineRoles) && compliance.pipelineRoles.length > 0,
      'compliance.pipelineRoles: names of IAM roles, at least one',
    ],
    [
      within(compliance.guardrailInterventions, 1, 1_000_000),
      'compliance.guardrailInterventions: at least 1',
    ],
    [within(compliance.restrictedReads, 1, 1_000_000), 'compliance.restrictedReads: at least 1'],
    [within(patientsAnHour, 1, 1_000_000), 'compliance.dailyQueries.patientsAnHour: at least 1'],
    [within(minutesBetween, 1, 60), 'compliance.dailyQueries.minutesBetween: 1 to 60'],
    [
      within(workingHours[0], 0, 23) && within(workingHours[1], workingHours[0] + 1, 24),
      'compliance.dailyQueries.workingHours: hours of a day, the first before the second',
    ],
  ];
}

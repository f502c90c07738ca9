import { tlsContradictions } from './tls-settings.js';
import { sixYearsDays, variables } from './phi.variables.js';
import { ConfigurationError, type Variable } from './variables.js';

/** Variables with our prefix that belong to the command line, not to the service. */
const foreignVariables = new Set(['PHI_TOKEN', 'PHI_URL']);

type Parsed<V> = V extends Variable<infer T> ? T : never;
const bedrockVariables = [
  'PHI_BEDROCK_REGION',
  'PHI_BEDROCK_GUARDRAIL_ID',
  'PHI_BEDROCK_GUARDRAIL_VERSION',
  'PHI_BEDROCK_MODEL_ID',
] as const;

type Optional =
  | 'PHI_TLS_CERT'
  | 'PHI_TLS_KEY'
  | 'PHI_OIDC_ISSUER'
  | 'PHI_TOKEN_CLIENT_IDS'
  | (typeof bedrockVariables)[number];
export type PhiConfig = {
  readonly [K in keyof typeof variables]: K extends Optional
    ? Parsed<(typeof variables)[K]> | undefined
    : Parsed<(typeof variables)[K]>;
};

/**
 * Reads the whole configuration, or refuses it whole.
 * @param environment as `process.env`; an empty value counts as absent
 * @throws ConfigurationError with every wrong variable by name
 */
export function readPhiConfig(environment: Record<string, unknown>): PhiConfig {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable<unknown>>(variables)) {
    const given = environment[name];
    const source = given === undefined || given === '' ? variable.fallback : String(given);
    const value = source === undefined ? undefined : variable.parse(source);
    if (source !== undefined && value === undefined) faults.push(`${name} must be ${variable.expects}`);
    config[name] = value;
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('PHI_') && !(name in variables) && !foreignVariables.has(name)) {
      faults.push(`${name} is not a variable of this service (see .env.example)`);
    }
  }
  const read = config as PhiConfig;
  faults.push(...contradictions(read, environment));
  if (faults.length > 0) throw new ConfigurationError(faults);
  return Object.freeze(read);
}

/** What is wrong although each variable alone is right. */
function contradictions(config: PhiConfig, environment: Record<string, unknown>): string[] {
  const faults = tlsContradictions(config);
  // A receipt that named no backups where the account has them would be false (NIST SP 800-88: the copies of the key too).
  if (config.PHI_PLATFORM === 'aws' && config.PHI_KEY_STORE_BACKUP_DAYS === 0) {
    faults.push(
      'PHI_KEY_STORE_BACKUP_DAYS must be at least 1 on the aws platform: point-in-time recovery keeps 1 to 35 days',
    );
  }
  if (config.PHI_AUDIT_LEASE_SECONDS < 3 * config.PHI_AUDIT_SEAL_SECONDS) {
    faults.push(
      'PHI_AUDIT_LEASE_SECONDS must be at least three times PHI_AUDIT_SEAL_SECONDS: a renewal may fail twice',
    );
  }
  if (config.PHI_PLATFORM === 'aws' && config.PHI_AUDIT_RETENTION_DAYS < sixYearsDays) {
    faults.push(
      `PHI_AUDIT_RETENTION_DAYS must be at least ${sixYearsDays} on the aws platform: six years, 45 CFR 164.316(b)(2)(i)`,
    );
  }
  const bedrock = bedrockVariables.filter((name) => config[name] !== undefined);
  if (bedrock.length > 0 && bedrock.length < bedrockVariables.length) {
    faults.push(`${bedrockVariables.join(', ')} must be set together`);
  }
  if (config.PHI_PLATFORM === 'embedded') {
    if (environment['NODE_ENV'] === 'production') {
      faults.push('PHI_PLATFORM=embedded is for development: it does not start with NODE_ENV=production');
    }
  }
  return faults;
}

/** @returns the text of `.env.example`: every variable, its meaning, what it takes and its default */
export function envExample(): string {
  const blocks = Object.entries<Variable<unknown>>(variables).map(
    ([name, { meaning, expects, fallback }]) =>
      `# ${meaning}\n# Takes ${expects}.\n# ${name}=${fallback ?? ''}\n`,
  );
  return `# Copy to .env and uncomment what you change. What is commented out shows the default.\n\n${blocks.join('\n')}`;
}

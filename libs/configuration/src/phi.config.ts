import { isIP } from 'node:net';
import { existsSync } from 'node:fs';
import { parseTrustedIssuers } from './trusted-issuers.js';
import { ConfigurationError, list, oneOf, text, type Variable, wholeNumber } from './variables.js';

/** 45 CFR 164.316(b)(2)(i) and 164.528(a): six years, which hold two leap days at most. */
const sixYearsDays = 2192;

/**
 * Every variable of the service, with its default and meaning. `.env.example` is written from this table;
 * the service and the command line read the same one.
 */
export const variables = {
  PHI_PLATFORM: oneOf(
    'Where the ports lead: `embedded` (this machine alone) or `aws` (AWS, or an emulator through AWS_ENDPOINT_URL).',
    'embedded',
    ['embedded', 'aws'],
  ),
  PHI_STAGE: text(
    'Name of the deployment; part of parameter paths and table names.',
    'dev',
    /^[a-z][a-z0-9-]{0,19}$/,
    'up to 20 lower case letters, digits and hyphens, a letter first',
  ),
  PHI_HOST: text(
    'Address to listen on. The embedded platform takes a loopback address unless TLS is configured.',
    '127.0.0.1',
    /^[0-9a-fA-F:.]{2,45}$|^localhost$/,
    'an IP address or localhost',
  ),
  PHI_PORT: wholeNumber('Port to listen on; 0 takes a free one.', 3000, 0, 65535),
  PHI_DATA_DIR: text(
    'Folder of the embedded platform: records, keys, parameters.',
    '.data',
    /^[^\0]{1,1024}$/,
    'a path',
  ),
  PHI_TLS_CERT: text(
    'Certificate chain, a PEM file. With PHI_TLS_KEY the service speaks HTTPS itself.',
    undefined,
    /^[^\0]{1,1024}$/,
    'a path',
  ),
  PHI_TLS_KEY: text('Private key of the certificate, a PEM file.', undefined, /^[^\0]{1,1024}$/, 'a path'),
  PHI_LOG_LEVEL: oneOf('Least level that is logged.', 'info', [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ]),
  PHI_RATE_LIMIT_PER_MINUTE: wholeNumber(
    'Requests a minute that one principal may send; 0 switches the limit off, for benchmarks.',
    6000,
    0,
    10_000_000,
  ),
  PHI_ADDRESS_RATE_LIMIT_PER_MINUTE: wholeNumber(
    'Requests a minute from one network address, before anybody is known. Off with PHI_RATE_LIMIT_PER_MINUTE=0.',
    12_000,
    1,
    10_000_000,
  ),
  PHI_MISS_LIMIT_PER_MINUTE: wholeNumber(
    'Answers 404 and 409 for a taken identifier (of a principal), or 401 (of an address), in a minute before it is refused: many of them tell what exists. Off with PHI_RATE_LIMIT_PER_MINUTE=0.',
    120,
    1,
    10_000_000,
  ),
  PHI_CONCURRENT_REQUESTS: wholeNumber(
    'Requests worked on at a time; more are turned away at once (503, Retry-After), so that the others are answered in time.',
    256,
    1,
    100_000,
  ),
  PHI_CONNECTIONS: wholeNumber(
    'Connections held at a time; more are closed as they come.',
    4096,
    1,
    1_000_000,
  ),
  PHI_TRUSTED_PROXIES: wholeNumber(
    'Proxies in front whose X-Forwarded-For is believed: as many entries from the end are theirs. 0 believes none.',
    0,
    0,
    10,
  ),
  PHI_CORS_ORIGINS: list(
    'Origins whose pages may call the API from a browser; none unless given.',
    '',
    /^(https:\/\/[A-Za-z0-9.-]{1,253}(:\d{1,5})?|http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?)?$/,
    'origins separated by commas, https or on this machine',
  ),
  PHI_BODY_LIMIT_BYTES: wholeNumber(
    'Largest request body, bytes. A record and its notes must fit in a store item.',
    3_145_728,
    1024,
    4_194_304,
  ),
  PHI_REQUEST_TIMEOUT_SECONDS: wholeNumber('Longest time a client may take to send a request.', 30, 1, 300),
  PHI_OIDC_ISSUER: text(
    'Issuer of access tokens, on any platform; its keys are the parameter `oidc-jwks`. Unless set: the own issuer (embedded), or the parameter `oidc-issuer` (aws).',
    undefined,
    /^https:\/\/[^\s?#@]{1,500}$/,
    'an https URL without query',
  ),
  PHI_TOKEN_CLIENT_IDS: list(
    'Clients whose tokens are accepted, for an issuer whose access tokens name no audience (Cognito): `client_id` and `token_use` are checked in its place.',
    undefined,
    /^[\x21-\x2b\x2d-\x7e]{1,200}$/,
    'client ids separated by commas',
  ),
  PHI_ANSWER_TIMEOUT_SECONDS: wholeNumber(
    'Longest time that an answer may take, until its client has it; longer ones are cut off.',
    600,
    1,
    86_400,
  ),
  PHI_TOKEN_AUDIENCE: text(
    'Audience that access tokens must name.',
    'phi-api',
    /^[A-Za-z0-9._:/-]{1,200}$/,
    'up to 200 letters, digits and . _ : / -',
  ),
  PHI_TRUSTED_ISSUERS: {
    meaning:
      'Issuers whose access tokens are taken, JSON: [{"issuer": "https://...", "audience": "phi-api"}]; "clientIds": ["..."] instead of the audience for one whose access tokens have none (Cognito). Their keys are found by OpenID Connect Discovery.',
    fallback: '',
    expects: 'JSON: a list of issuers, each with an audience or with client ids',
    parse: parseTrustedIssuers,
  },
  PHI_CLOCK_SKEW_SECONDS: wholeNumber("Tolerated difference between the issuer's clock and ours.", 5, 0, 60),
  PHI_KEY_CACHE_ENTRIES: wholeNumber('Branch keys kept in memory, entries.', 10_000, 1, 1_000_000),
  PHI_KEY_CACHE_TTL_SECONDS: wholeNumber(
    'Longest time that a branch key stays in memory; an erasure is final on other instances after it.',
    300,
    1,
    3600,
  ),
  PHI_KEY_STORE_BACKUP_DAYS: wholeNumber(
    'Longest time that a backup of the key store is kept, days: an erasure is final in backups after it. 0 says that there are none.',
    0,
    0,
    3650,
  ),
  PHI_PARAMETER_REFRESH_SECONDS: wholeNumber(
    'How often index roots and the KMS key behind the alias are looked up again; key jobs wait for that between their steps.',
    60,
    1,
    3600,
  ),
  PHI_AUDIT_SEAL_SECONDS: wholeNumber(
    'How often new audit events are sealed by a signed checkpoint; until then their removal can go unnoticed.',
    5,
    1,
    60,
  ),
  PHI_AUDIT_LEASE_SECONDS: wholeNumber(
    'How long the others wait before they end and seal the audit chain of an instance that was killed; at least three times PHI_AUDIT_SEAL_SECONDS.',
    30,
    3,
    600,
  ),
  PHI_AUDIT_RETENTION_DAYS: wholeNumber(
    'How long audit events are kept before `phi audit expire` may remove them, days; at least six years on the aws platform.',
    sixYearsDays,
    1,
    36_525,
  ),
  PHI_METRICS_SECONDS: wholeNumber(
    'How often metrics are written into the log (CloudWatch embedded metric format); 0 writes none.',
    60,
    0,
    3600,
  ),
  PHI_MASS_READ_PATIENTS_PER_HOUR: wholeNumber(
    'Distinct patients that anybody may read of in an hour before it is reported as a mass read.',
    50,
    1,
    1_000_000,
  ),
  PHI_MASS_READ_MULTIPLE: wholeNumber(
    'Nobody is reported either who reads of up to this many times the patients that are usual for him.',
    5,
    1,
    1000,
  ),
  PHI_RECORD_TYPES: list(
    'Record types beside the FHIR R4 resource types. A record type is stored in clear: words, never content.',
    'medical,dental,imaging,laboratory,note',
    /^[a-z][a-z-]{0,39}$/,
    'words of lower case letters and hyphens, separated by commas',
  ),
  PHI_SCREENING_POLICIES: text(
    'Policies of text screening by purpose, JSON: {"stored-notes": {"NAME": "ANONYMIZE"}}. What is not named keeps its default.',
    '',
    /^[^\0]{0,65536}$/,
    'JSON of at most 64 KB',
  ),
  PHI_SCREENING_ON_FAILURE: oneOf(
    'If Bedrock does not answer: `reject` the request, or screen `local-only` and queue the document for `phi rescreen`.',
    'reject',
    ['reject', 'local-only'],
  ),
  PHI_BEDROCK_REGION: text(
    'Region of the guardrail and the model. With the three settings below, Bedrock reads text after the local detector.',
    undefined,
    /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/,
    'an AWS region',
  ),
  PHI_BEDROCK_GUARDRAIL_ID: text('Id or ARN of the guardrail.', undefined, /^\S{1,2048}$/, 'an id or an ARN'),
  PHI_BEDROCK_GUARDRAIL_VERSION: text(
    'Version of the guardrail.',
    undefined,
    /^([1-9]\d{0,7}|DRAFT)$/,
    'a version number or DRAFT',
  ),
  PHI_BEDROCK_MODEL_ID: text(
    'Id or ARN of the model or the inference profile.',
    undefined,
    /^\S{1,2048}$/,
    'an id or an ARN',
  ),
  PHI_SHARED_IDENTIFIER_SYSTEMS: list(
    'Identifier systems whose values several patients may share (a family insurance number); all others are unique.',
    'urn:phi:shared',
    /^\S{1,255}$/,
    'URIs separated by commas',
  ),
} as const;

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

/** @returns whether only this machine can reach the address */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

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
  const faults: string[] = [];
  const tls = config.PHI_TLS_CERT !== undefined && config.PHI_TLS_KEY !== undefined;
  if ((config.PHI_TLS_CERT === undefined) !== (config.PHI_TLS_KEY === undefined)) {
    faults.push('PHI_TLS_CERT and PHI_TLS_KEY must be set together');
  }
  for (const name of ['PHI_TLS_CERT', 'PHI_TLS_KEY'] as const) {
    if (config[name] !== undefined && !existsSync(config[name]))
      faults.push(`${name} names a file that is not there`);
  }
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
    if (config.PHI_HOST !== undefined && !isLoopback(config.PHI_HOST) && !tls) {
      faults.push(
        'PHI_HOST must be a loopback address on the embedded platform unless PHI_TLS_CERT and PHI_TLS_KEY are set',
      );
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

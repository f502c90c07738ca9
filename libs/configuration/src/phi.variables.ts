import { parseTrustedIssuers } from './trusted-issuers.js';
import { list, oneOf, text, wholeNumber } from './variables.js';

/** 45 CFR 164.316(b)(2)(i) and 164.528(a): six years, which hold two leap days at most. */
export const sixYearsDays = 2192;

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
    'Address to listen on. It must be a loopback address unless TLS is configured, or on the aws platform PHI_TLS=none.',
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
  PHI_TLS: oneOf(
    'Where the certificate comes from: `files` (PHI_TLS_CERT and PHI_TLS_KEY; without them plain HTTP on a loopback address), `parameters` (tls-certificate and tls-key), `self-signed` (made in memory at each start, for a load balancer that verifies none), or `none`: plain HTTP on any address of the aws platform, behind something that speaks TLS.',
    'files',
    ['files', 'parameters', 'self-signed', 'none'],
  ),
  PHI_TLS_CERT: text(
    'Certificate chain, a PEM file. With PHI_TLS_KEY the service speaks HTTPS itself. A new file is taken up without a restart.',
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
  PHI_TURN_MILLISECONDS: wholeNumber(
    'What a turn of the event loop may take while requests come; when turns stay longer, fewer requests are worked on at a time. 0 keeps to PHI_CONCURRENT_REQUESTS.',
    50,
    0,
    10_000,
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
  PHI_DRAIN_SECONDS: wholeNumber(
    'How long requests are still taken after SIGTERM, while readiness answers 503 and every answer closes its connection: what balancers and clients need to turn to another instance.',
    1,
    0,
    60,
  ),
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
  PHI_AWS_TIMEOUT_SECONDS: wholeNumber(
    'Longest time that DynamoDB, KMS or Parameter Store may take for one attempt of three, and that is spent on trying again what they throttle; then the answer is 503. API Gateway waits 29 s in all.',
    3,
    1,
    4,
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
  PHI_CARE_TEAM_REQUIRED: oneOf(
    'Whether `user/` scopes reach only patients whose care team has the user as a member; `false` leaves that to restricted patients (HL7 confidentiality R, V).',
    'true',
    ['true', 'false'],
  ),
  PHI_EMERGENCY_ACCESS_MINUTES: wholeNumber('How long an emergency access lasts, minutes.', 60, 1, 720),
  PHI_EMERGENCY_ACCESSES_PER_HOUR: wholeNumber(
    'How often one principal may ask for emergency access in an hour, counted in this process; 0 switches the limit off.',
    10,
    0,
    10_000,
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

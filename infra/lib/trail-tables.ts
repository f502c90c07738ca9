import { accessLogFields } from './access-log-fields.js';

/** A column by its name in the JSON; Glue knows names in lower case only, and the SerDe does not mind case. */
export interface TrailColumn {
  name: string;
  /** Hive type, with the names of the JSON. */
  type: string;
}

/** A table over files of JSON in a bucket, a day a folder. */
export interface TrailTable {
  name: 'cloudtrail_events' | 'api_access_logs' | 'service_logs' | 'audit_events';
  description: string;
  columns: readonly TrailColumn[];
  /** The archive is locked; the logs are not: Firehose does not document that it can write where a lock is the default. */
  bucket: 'auditArchive' | 'logArchive';
  /** Folder in the bucket, before region and day; `<account>` stands for the account's number. */
  folder: string;
  /** Whether the folders of the days lie below one folder a region. */
  byRegion: boolean;
  /** CloudTrail's files are one JSON object with an array of records; all others have an object a line. */
  inputFormat: 'cloudtrail' | 'lines';
}

const columns = (text: string): TrailColumn[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', type = ''] = line.trim().split(' ');
      return { name, type };
    });

/**
 * The fields that differ from call to call (`requestParameters`, ...) are text: queries take out of it what they need.
 * @see Amazon Athena User Guide, "Create a table for CloudTrail logs in Athena using partition projection"
 * @see AWS CloudTrail User Guide, "CloudTrail record contents"
 */
const cloudTrailColumns = columns(`
  eventVersion string
  userIdentity struct<type:string,principalId:string,arn:string,accountId:string,invokedBy:string,accessKeyId:string,userName:string,sessionContext:struct<attributes:struct<mfaAuthenticated:string,creationDate:string>,sessionIssuer:struct<type:string,principalId:string,arn:string,accountId:string,userName:string>>>
  eventTime string
  eventSource string
  eventName string
  awsRegion string
  sourceIPAddress string
  userAgent string
  errorCode string
  errorMessage string
  requestParameters string
  responseElements string
  additionalEventData string
  requestID string
  eventID string
  readOnly string
  resources array<struct<ARN:string,accountId:string,type:string>>
  eventType string
  managementEvent string
  recipientAccountId string
  serviceEventDetails string
  sharedEventID string
  vpcEndpointId string
  eventCategory string
  tlsDetails struct<tlsVersion:string,cipherSuite:string,clientProvidedHostHeader:string>
`);

/** An event as the service keeps it in the audit table, with its place in its chain. */
const auditEventColumns = columns(`
  chain string
  sequence bigint
  event struct<id:string,recordedAt:string,type:string,outcome:string,origin:struct<agent:struct<issuer:string,subject:string,clientId:string,scopes:array<string>>,networkAddress:string,requestId:string,purposeOfUse:string,emergencyAccessId:string,restrictedPatient:boolean>,patientId:string,entities:array<struct<type:string,id:string,version:int,messageSha256:string>>,query:array<string>,screening:map<string,int>,degraded:boolean,refusal:struct<problem:string,status:int,method:string,route:string>,erasure:struct<reason:string,step:string>,emergencyAccess:struct<id:string,step:string,expiresAt:string,finding:string>,job:struct<step:string,examined:int,changed:int,failed:int>,login:struct<expiresAt:string>,massRead:struct<limit:int,usual:int>,count:int>
`);

export const trailTables: readonly TrailTable[] = [
  {
    name: 'cloudtrail_events',
    description:
      'Calls of the AWS APIs: management events, and data events of tables, archive, guardrail and functions.',
    columns: cloudTrailColumns,
    bucket: 'auditArchive',
    folder: 'cloudtrail/AWSLogs/<account>/CloudTrail',
    byRegion: true,
    inputFormat: 'cloudtrail',
  },
  {
    name: 'api_access_logs',
    description:
      'Requests at the gateway, also those that never reached the service. No path, no query, no body.',
    columns: Object.keys(accessLogFields).map((name) => ({ name, type: 'string' })),
    bucket: 'logArchive',
    folder: 'api-access',
    byRegion: false,
    inputFormat: 'lines',
  },
  {
    name: 'service_logs',
    description: 'Log lines of the service: what every line has; look for the rest in the files.',
    columns: columns(`
      level string
      time string
      message string
      requestId string
      problem string
      method string
      route string
      status int
    `),
    bucket: 'logArchive',
    folder: 'service',
    byRegion: false,
    inputFormat: 'lines',
  },
  {
    name: 'audit_events',
    description: 'The audit trail of the service: who did what to whose data. Opaque ids, codes and counts.',
    columns: auditEventColumns,
    bucket: 'auditArchive',
    folder: 'events',
    byRegion: false,
    inputFormat: 'lines',
  },
];

/**
 * @returns the folder of a day in its bucket with the projection's placeholders, as `storage.location.template` wants it;
 * days are `yyyy/MM/dd`, UTC
 */
export const folderTemplate = ({ folder, byRegion }: TrailTable, account: string): string =>
  `${folder.replace('<account>', account)}/${byRegion ? '${region}/' : ''}\${day}/`;

import { Aws } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { savedQueries } from '../saved-query-texts.js';
import type { Settings } from '../settings.js';
import { trailTables } from '../trail-tables.js';

interface QueryWorkgroupProps {
  names: Names;
  settings: Settings;
  databaseName: string;
  results: Bucket;
  /** What the tables read. */
  sources: readonly IBucket[];
  key: IKey;
}

const BYTES_PER_GIGABYTE = 1024 ** 3;

/**
 * Where the trail is queried: settings that a client cannot change, results under our key, a limit to what a query reads, the saved
 * queries, and a policy for those who run them (45 CFR 164.308(a)(1)(ii)(D), 164.316(b)(2)(ii)).
 */
export class QueryWorkgroup extends Construct {
  /** Athena's ids of the saved queries, by name. */
  readonly queryIds: Record<string, string> = {};
  /** What whoever runs them may do. */
  readonly readerStatements: readonly PolicyStatement[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: QueryWorkgroupProps,
  ) {
    super(scope, id);
    const { names, settings, results, key } = props;
    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: names.workgroup,
      description: `Questions to the audit trail of ${names.prefix}`,
      state: 'ENABLED',
      // Else the history of queries would keep the stack from being removed.
      recursiveDeleteOption: !settings.retainsData,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        requesterPaysEnabled: false,
        bytesScannedCutoffPerQuery: settings.audit.queryScanLimitGigabytes * BYTES_PER_GIGABYTE,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${results.bucketName}/`,
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn },
        },
      },
    });
    for (const query of savedQueries()) {
      const saved = new CfnNamedQuery(this, query.name, {
        name: query.name,
        description: `${query.question} Parameters: ${query.parameters.join('; ')}. ${query.law}.`,
        database: props.databaseName,
        queryString: query.sql,
        workGroup: names.workgroup,
      });
      saved.addResourceDependency(workgroup);
      this.queryIds[query.name] = saved.attrNamedQueryId;
    }
    this.readerStatements = this.#readerStatements();
    this.#readerPolicy();
  }

  /** For a privacy officer's or investigator's role: run queries here, read the archive, change nothing (45 CFR 164.308(a)(3)). */
  #readerPolicy(): void {
    new ManagedPolicy(this, 'Readers', {
      managedPolicyName: this.props.names.auditReaderPolicy,
      description: 'Run the saved queries over the audit trail',
      statements: [...this.readerStatements],
    });
  }

  #readerStatements(): PolicyStatement[] {
    const { names, results, sources, key } = this.props;
    const athena = `arn:${Aws.PARTITION}:athena:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
    const glue = `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
    return [
      new PolicyStatement({
        sid: 'Workgroup',
        actions: [
          'athena:BatchGetNamedQuery',
          'athena:GetNamedQuery',
          'athena:GetQueryExecution',
          'athena:GetQueryResults',
          'athena:GetWorkGroup',
          'athena:ListNamedQueries',
          'athena:ListQueryExecutions',
          'athena:StartQueryExecution',
          'athena:StopQueryExecution',
        ],
        resources: [`${athena}:workgroup/${names.workgroup}`],
      }),
      new PolicyStatement({
        sid: 'Catalog',
        actions: ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
        resources: [
          `${glue}:catalog`,
          `${glue}:database/${names.catalog}`,
          ...trailTables.map(({ name }) => `${glue}:table/${names.catalog}/${name}`),
        ],
      }),
      new PolicyStatement({
        sid: 'Buckets',
        actions: ['s3:GetBucketLocation', 's3:ListBucket'],
        resources: [results, ...sources].map(({ bucketArn }) => bucketArn),
      }),
      new PolicyStatement({
        sid: 'Files',
        actions: ['s3:GetObject'],
        resources: [results, ...sources].map((bucket) => bucket.arnForObjects('*')),
      }),
      new PolicyStatement({
        sid: 'Results',
        actions: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject'],
        resources: [results.arnForObjects('*')],
      }),
      new PolicyStatement({
        sid: 'Key',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` } },
      }),
    ];
  }
}

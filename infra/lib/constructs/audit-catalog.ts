import { Aws } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { folderTemplate, type TrailTable, trailTables } from '../trail-tables.js';

const LINES = {
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
};

/** @see Amazon Athena User Guide, "Create a table for CloudTrail logs in Athena using partition projection" */
const CLOUD_TRAIL = { ...LINES, inputFormat: 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' };

/** Reads names of fields without minding their case, and leaves objects in text columns as JSON. */
const JSON_SERDE = 'org.apache.hive.hcatalog.data.JsonSerDe';

/**
 * Glue's tables over the archive. Partitions are projected from the days, so that nothing has to be crawled or added, and
 * a query that names days reads those days' folders alone.
 */
export class AuditCatalog extends Construct {
  readonly databaseName: string;

  /** @param buckets by the name that a table's definition has for them */
  constructor(
    scope: Construct,
    id: string,
    names: Names,
    settings: Settings,
    buckets: Record<TrailTable['bucket'], IBucket>,
  ) {
    super(scope, id);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: names.catalog, description: `Audit trail and logs of ${names.prefix}` },
    });
    this.databaseName = names.catalog;
    for (const table of trailTables) {
      const glueTable = new CfnTable(this, table.name, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: names.catalog,
        tableInput: tableInput(table, settings, buckets[table.bucket]),
      });
      glueTable.addResourceDependency(database);
    }
  }
}

function tableInput(table: TrailTable, settings: Settings, bucket: IBucket): CfnTable.TableInputProperty {
  const folder = `s3://${bucket.bucketName}/${folderTemplate(table, Aws.ACCOUNT_ID)}`;
  const { trailRegions, trailBegins } = settings.audit;
  return {
    name: table.name,
    description: table.description,
    tableType: 'EXTERNAL_TABLE',
    partitionKeys: [
      ...(table.byRegion ? [{ name: 'region', type: 'string', comment: 'Where the call was made' }] : []),
      { name: 'day', type: 'string', comment: 'When the file was written, yyyy/MM/dd, UTC' },
    ],
    parameters: {
      EXTERNAL: 'TRUE',
      classification: 'json',
      'projection.enabled': 'true',
      'projection.day.type': 'date',
      'projection.day.format': 'yyyy/MM/dd',
      'projection.day.range': `${trailBegins},NOW`,
      'projection.day.interval': '1',
      'projection.day.interval.unit': 'DAYS',
      ...(table.byRegion && {
        'projection.region.type': 'enum',
        'projection.region.values': trailRegions.join(','),
      }),
      'storage.location.template': folder,
    },
    storageDescriptor: {
      ...(table.inputFormat === 'cloudtrail' ? CLOUD_TRAIL : LINES),
      location: folder.slice(0, folder.indexOf('${')),
      columns: table.columns.map(({ name, type }) => ({
        name: name.toLowerCase(),
        type: type.toLowerCase(),
      })),
      serdeInfo: { serializationLibrary: JSON_SERDE, parameters: { 'serialization.format': '1' } },
      compressed: true,
    },
  };
}

import { beforeAll, describe, expect, it } from '@jest/globals';
import { metricAlarms } from '../../infra/compliance/threats/alarms.js';
import { cisFilters, doublingFilters } from '../../infra/compliance/threats/filters.js';
import { type ListedCalls, listedCalls, listedOtherwise } from '../../infra/compliance/threats/watch-list.js';
import { namesOf } from '../../infra/lib/names.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { accountId } from './support/cloud-trail-records.js';
import { type BusEvent, call, delivered, takes } from './support/threat-events.js';
import { roles, rules, threats, threatStack } from './support/threat-stack.js';
import { withLongestStage } from './support/deployment-cache.js';
import { synthesized, type Synthesized } from './synthesized.js';

/** What a call of a service names, so that conditions on what is ours hold. */
const parametersOf: Record<string, Record<string, unknown>> = {
  s3: { bucketName: `phi-dev-audit-archive-${accountId}-us-east-1` },
  dynamodb: { tableName: 'phi-dev-records' },
  ssm: { name: '/phi/dev/index-root', names: ['/phi/dev/index-root'] },
  lambda: { functionName: 'phi-dev-compliance-Repair' },
  sts: { roleArn: `arn:aws:iam::${accountId}:role/phi-dev-operator` },
};

const eventOf = ({ service, kind }: ListedCalls, operation: string): BusEvent =>
  delivered(
    call(service, operation, parametersOf[service] ?? {}, {
      readOnly: kind === 'read' || /^(Scan|ExecuteStatement|BatchExecuteStatement)$/.test(operation),
      isData: kind === 'data',
      ...(service === 'dynamodb' && {
        resource: {
          arn: `arn:aws:dynamodb:us-east-1:${accountId}:table/phi-dev-records`,
          type: 'AWS::DynamoDB::Table',
        },
      }),
      more: { responseElements: { encrypted: false } },
    }),
  );

/** Those that the list asks for with less than the highest severity; every other one is critical. */
const lesser: Record<string, string> = {
  CreateGrant: 'HIGH',
  CancelKeyDeletion: 'INFO',
  EnableKey: 'INFO',
  PutInsightSelectors: 'HIGH',
  CreateTrail: 'INFO',
  CreateBackup: 'HIGH',
  StartCopyJob: 'HIGH',
  StartLiveTail: 'HIGH',
  CreateGuardrailVersion: 'INFO',
  InvokeModel: 'HIGH',
};

describe('every call of the list', () => {
  const listed = listedCalls.flatMap((row) => row.operations.map((operation) => [row, operation] as const));

  it.each(listed.map(([row, operation]) => [`${row.service}:${operation}`, row, operation] as const))(
    '%s is told, as bad as it is',
    (_, row, operation) => {
      const told = rules.filter((rule) => takes(rule, eventOf(row, operation)));
      expect(told.map(({ severity }) => severity)).toContain(lesser[operation] ?? 'CRITICAL');
      expect(told.map(({ threat }) => threat.section)).toContain(row.section);
    },
  );

  it('is counted: 221 in 15 sections', () => {
    expect(listed).toHaveLength(221);
    expect(new Set(listed.map(([{ section }]) => section)).size).toBe(15);
  });
});

describe('everything else of the list', () => {
  const ids = new Set([
    ...threats.map(({ id }) => id),
    ...cisFilters.map(({ id }) => id),
    ...metricAlarms(namesOf('prod'), settingsOf('prod', exampleAccount)).map(({ id }) => id),
  ]);

  it.each(listedOtherwise.map(({ section, what, by }) => [`${section}: ${what}`, by] as const))(
    '%s has what it says',
    (_, by) => {
      // What is no id is words, with a blank.
      for (const one of by) expect([one, ids.has(one) || one.includes(' ')]).toEqual([one, true]);
      expect(by.length).toBeGreaterThan(0);
    },
  );
});

describe('the rules', () => {
  let dev: Synthesized;
  beforeAll(() => {
    dev = threatStack('dev', withLongestStage);
  });

  it('fit into what EventBridge takes, with the longest stage: 64 characters a name, 2,048 a pattern, 300 rules', () => {
    const made = dev.ofType('AWS::Events::Rule').filter(({ Properties }) => Properties?.['EventPattern']);
    for (const { Properties } of made) {
      const { Name, EventPattern, Targets } = Properties as {
        Name: string;
        EventPattern: object;
        Targets: { DeadLetterConfig?: object; RetryPolicy?: object; InputTransformer?: object }[];
      };
      expect([Name, Name.length <= 64, Name.startsWith('phi-')]).toEqual([Name, true, true]);
      expect([Name, JSON.stringify(EventPattern).length <= 2_048]).toEqual([Name, true]);
      expect(Targets).toEqual([
        expect.objectContaining({
          DeadLetterConfig: expect.any(Object),
          RetryPolicy: expect.any(Object),
          InputTransformer: expect.any(Object),
        }),
      ]);
    }
    expect(made).toHaveLength(rules.length);
    expect(made.length).toBeLessThan(150);
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });

  it('leave room in the stack: CloudFormation takes 500 resources', () => {
    expect(dev.resources.length).toBeLessThan(300);
  });
});

describe('the trail', () => {
  const { ofType } = synthesized('dev');
  const trail = ofType('AWS::CloudTrail::Trail')[0]?.Properties as {
    IsMultiRegionTrail: boolean;
    IncludeGlobalServiceEvents: boolean;
    AdvancedEventSelectors: {
      FieldSelectors: { Field: string; NotEquals?: string[]; StartsWith?: unknown[] }[];
    }[];
  };

  it('records every region, global services, and keys: no source of events is left out', () => {
    expect(trail).toMatchObject({ IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true });
    const fields = trail.AdvancedEventSelectors.flatMap(({ FieldSelectors }) => FieldSelectors);
    expect(fields.filter(({ Field }) => Field === 'eventSource')).toEqual([]);
    expect(JSON.stringify(trail)).not.toContain('ExcludeManagementEventSources');
  });

  it('records the objects that rules speak of: archive, logs, access logs, answers of queries', () => {
    const text = JSON.stringify(trail.AdvancedEventSelectors);
    for (const bucket of ['AuditArchive', 'log-archive', 'access-logs', 'query-results'])
      expect([bucket, text.includes(bucket)]).toEqual([bucket, true]);
  });

  it('has every filter of a second path at its own log group', () => {
    const named = doublingFilters(threats, roles.deployers).map(({ id }) => id);
    expect(named.length).toBeGreaterThan(20);
    expect(new Set(named).size).toBe(named.length);
  });
});

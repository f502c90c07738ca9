import { classify } from '@app/data-classification';
import type { DataClass } from './severity.js';
import type { FoundViolation } from './violation.js';

/** What one exported file tells. */
export interface ConfigExport {
  /** Whether it says what breaks a rule, if only that nothing does. */
  judges: boolean;
  violations: FoundViolation[];
  /** Resources that break a rule, where the file does not say which. */
  nonCompliant: { resourceType: string; resourceId: string }[];
  /** By resource: what it holds, by its tags. */
  dataClasses: Map<string, DataClass>;
}

/** The file is none that AWS Config has exported. The reason is in fixed words: nothing of the contents is in it. */
export class UnreadableExport extends Error {
  override readonly name = 'UnreadableExport';
}

export const resourceKey = ({
  resourceType,
  resourceId,
}: {
  resourceType: string;
  resourceId: string;
}): string => `${resourceType}/${resourceId}`;

type Json = Record<string, unknown>;

/**
 * Reads what the AWS command line has written: `get-compliance-details-by-config-rule` or `...-by-resource`, `describe-compliance-by-resource`,
 * `select-resource-config` with resourceType, resourceId and tags.
 * @throws UnreadableExport
 * @see AWS CLI Command Reference, `configservice`, "Output" of each
 */
export function readConfigExport(text: string): ConfigExport {
  const document = parsed(text);
  // A part would look better than the whole.
  if (document['NextToken'] !== undefined) throw new UnreadableExport('it ends early: export all pages');
  if (Array.isArray(document['EvaluationResults']))
    return { ...nothing(), judges: true, violations: document['EvaluationResults'].flatMap(violationIn) };
  if (Array.isArray(document['ComplianceByResources']))
    return {
      ...nothing(),
      judges: true,
      nonCompliant: document['ComplianceByResources'].flatMap(nonCompliantIn),
    };
  if (Array.isArray(document['Results']))
    return { ...nothing(), dataClasses: new Map(document['Results'].map(classIn)) };
  throw new UnreadableExport(
    'no EvaluationResults, ComplianceByResources or Results: not an export of AWS Config that is known here',
  );
}

const nothing = (): ConfigExport => ({
  judges: false,
  violations: [],
  nonCompliant: [],
  dataClasses: new Map(),
});

function parsed(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableExport('not JSON: export with --output json');
  }
  return objectOf(value, 'not a JSON object');
}

function violationIn(result: unknown): FoundViolation[] {
  const { EvaluationResultIdentifier, ComplianceType, ResultRecordedTime } = objectOf(
    result,
    'EvaluationResults',
  );
  const identifier = objectOf(EvaluationResultIdentifier, 'EvaluationResultIdentifier');
  const qualifier = objectOf(identifier['EvaluationResultQualifier'], 'EvaluationResultQualifier');
  const violation = {
    ruleName: textOf(qualifier['ConfigRuleName'], 'ConfigRuleName'),
    resourceType: textOf(qualifier['ResourceType'], 'ResourceType'),
    resourceId: textOf(qualifier['ResourceId'], 'ResourceId'),
    dataClass: 'unknown' as const,
    openSince: timeOf(ResultRecordedTime),
  };
  return textOf(ComplianceType, 'ComplianceType') === 'NON_COMPLIANT' ? [violation] : [];
}

function nonCompliantIn(one: unknown): ConfigExport['nonCompliant'] {
  const { ResourceType, ResourceId, Compliance } = objectOf(one, 'ComplianceByResources');
  const compliance = objectOf(Compliance, 'Compliance');
  const resource = {
    resourceType: textOf(ResourceType, 'ResourceType'),
    resourceId: textOf(ResourceId, 'ResourceId'),
  };
  return textOf(compliance['ComplianceType'], 'ComplianceType') === 'NON_COMPLIANT' ? [resource] : [];
}

/** Each row is JSON in a text. */
function classIn(row: unknown): [string, DataClass] {
  const item = parsed(textOf(row, 'Results'));
  const resource = {
    resourceType: textOf(item['resourceType'], 'resourceType'),
    resourceId: textOf(item['resourceId'], 'resourceId'),
  };
  const { tags = [] } = item;
  if (!Array.isArray(tags)) throw new UnreadableExport('tags is missing or of another shape');
  const own = Object.fromEntries(
    tags.map((tag) => {
      const { key, value = '' } = objectOf(tag, 'tags');
      return [textOf(key, 'tags'), String(value)];
    }),
  );
  return [resourceKey(resource), classify(own).dataClass];
}

function objectOf(value: unknown, place: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new UnreadableExport(`${place} is missing or of another shape`);
}

function textOf(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw new UnreadableExport(`${place} is missing or of another shape`);
}

/** The command line writes ISO 8601; older versions and programs write seconds. */
function timeOf(value: unknown): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const time = typeof value === 'number' ? new Date(value * 1000) : new Date(String(value));
  if (Number.isNaN(time.getTime())) throw new UnreadableExport('ResultRecordedTime is no time');
  return time;
}

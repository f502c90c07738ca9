import {
  type ConfigServiceClient,
  GetResourceConfigHistoryCommand,
  paginateDescribeComplianceByConfigRule,
  paginateGetComplianceDetailsByConfigRule,
  ResourceNotDiscoveredException,
} from '@aws-sdk/client-config-service';
import {
  type ComplianceState,
  type Episode,
  episodesOf,
  resourceKey,
  type RuleState,
} from '@app/compliance-score';
import { selectResources } from './select-resources.js';

/** A resource that Config knows. */
export interface Resource {
  resourceType: string;
  resourceId: string;
}

/** A resource that breaks a rule. */
export interface BrokenRule extends Resource {
  ruleName: string;
  recordedAt: Date | undefined;
}

/** Under this type Config keeps which rules a resource broke when. @see awslabs/aws-config-resource-schema */
const COMPLIANCE = 'AWS::Config::ResourceCompliance';
/** Beyond it figures would be wrong, so the function fails; it is told, and somebody narrows the rules. */
const VIOLATIONS_AT_MOST = 20_000;
/** One call each. Ages of the others are told from the last evaluation, which is later. */
const HISTORIES_AT_MOST = 500;

/** What AWS Config has judged. */
export class ConfigReader {
  constructor(private readonly client: ConfigServiceClient) {}

  /** @returns the rules that judge something */
  async rules(): Promise<RuleState[]> {
    const rules: RuleState[] = [];
    for await (const page of paginateDescribeComplianceByConfigRule({ client: this.client }, {})) {
      for (const { ConfigRuleName: ruleName, Compliance } of page.ComplianceByConfigRules ?? []) {
        const type = Compliance?.ComplianceType;
        if (ruleName === undefined || (type !== 'COMPLIANT' && type !== 'NON_COMPLIANT')) continue;
        rules.push({ ruleName, isCompliant: type === 'COMPLIANT' });
      }
    }
    return rules;
  }

  /** @throws RangeError if there are more than this is made for */
  async brokenRules(rules: readonly RuleState[]): Promise<BrokenRule[]> {
    const broken = new Map<string, BrokenRule>();
    for (const { ruleName } of rules.filter(({ isCompliant }) => !isCompliant)) {
      const pages = paginateGetComplianceDetailsByConfigRule(
        { client: this.client },
        { ConfigRuleName: ruleName, ComplianceTypes: ['NON_COMPLIANT'], Limit: 100 },
      );
      for await (const { EvaluationResults = [] } of pages) {
        for (const { EvaluationResultIdentifier, ResultRecordedTime: recordedAt } of EvaluationResults) {
          const { ResourceType: resourceType, ResourceId: resourceId } =
            EvaluationResultIdentifier?.EvaluationResultQualifier ?? {};
          if (resourceType === undefined || resourceId === undefined) continue;
          broken.set(JSON.stringify([ruleName, resourceType, resourceId]), {
            ruleName,
            resourceType,
            resourceId,
            recordedAt,
          });
        }
        if (broken.size > VIOLATIONS_AT_MOST) throw new RangeError('more violations than can be weighed');
      }
    }
    return [...broken.values()];
  }

  /**
   * Since when rules are broken, and how long others were.
   * @param since of what is mended by now, only what was looked at after it
   * @returns by resource
   */
  async episodes(broken: readonly BrokenRule[], since: Date): Promise<Map<string, Episode[]>> {
    const open = [...new Map(broken.map((one) => [resourceKey(one), one])).values()];
    const all = [...open, ...(await this.#mended(since))].slice(0, HISTORIES_AT_MOST);
    const episodes = new Map<string, Episode[]>();
    for (const resource of all) episodes.set(resourceKey(resource), episodesOf(await this.#states(resource)));
    return episodes;
  }

  async #mended(since: Date): Promise<Resource[]> {
    const found = await selectResources(
      this.client,
      `SELECT configuration.targetResourceType, configuration.targetResourceId WHERE resourceType = '${COMPLIANCE}' AND configuration.complianceType = 'COMPLIANT' AND configurationItemCaptureTime > '${since.toISOString()}'`,
      HISTORIES_AT_MOST,
    );
    return found.flatMap(({ configuration }) => {
      const { targetResourceType: resourceType, targetResourceId: resourceId } = (configuration ?? {}) as {
        targetResourceType?: string;
        targetResourceId?: string;
      };
      return resourceType === undefined || resourceId === undefined ? [] : [{ resourceType, resourceId }];
    });
  }

  /** The newest hundred states; a resource that changes more often is looked at by people. */
  async #states(resource: Resource): Promise<ComplianceState[]> {
    try {
      const { configurationItems = [] } = await this.client.send(
        new GetResourceConfigHistoryCommand({
          resourceType: COMPLIANCE,
          resourceId: resourceKey(resource),
          limit: 100,
        }),
      );
      return configurationItems.flatMap(({ configurationItemCaptureTime: time, configuration }) =>
        time === undefined ? [] : [{ time, broken: brokenIn(configuration) }],
      );
    } catch (error) {
      // The recorder may leave this type out; then ages are told from the last evaluation.
      if (error instanceof ResourceNotDiscoveredException) return [];
      throw error;
    }
  }
}

function brokenIn(configuration: string | undefined): Set<string> {
  const { configRuleList = [] } = JSON.parse(configuration ?? '{}') as {
    configRuleList?: { configRuleName?: string; complianceType?: string }[];
  };
  return new Set(
    configRuleList.flatMap(({ configRuleName, complianceType }) =>
      complianceType === 'NON_COMPLIANT' && configRuleName !== undefined ? [configRuleName] : [],
    ),
  );
}

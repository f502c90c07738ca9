import { App, type CfnResource, Stack } from 'aws-cdk-lib';
import { HIPAASecurityChecks, type IApplyRule, NagRuleCompliance } from 'cdk-nag';
import { parse } from 'yaml';
import { packRules } from '../../compliance/hipaa-rules.js';
import { addStacks } from '../lib/phi-app.js';
import { cdkContext } from '../lib/repository.js';
import { exampleAccount, settingsOf } from '../lib/settings.js';

/** Resources that hold to a rule of cdk-nag's, which stands for paragraphs. */
export interface HeldRule {
  paragraph: string;
  /** `S3BucketVersioningEnabled` */
  rule: string;
  /** `AWS::S3::Bucket` */
  type: string;
  /** Construct paths. */
  resources: readonly string[];
}

/** Something of the deployment that looks whether a paragraph is kept. */
export interface Watcher {
  paragraph: string;
  kind: 'Config rule' | 'pack rule' | 'event rule' | 'alarm';
  name: string;
}

export interface Deployment {
  held: HeldRule[];
  watchers: Watcher[];
}

/** A resource as it stands in a template. */
interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
}

const PARAGRAPH = /\b164\.\d{3}(?:\([A-Za-z0-9]{1,5}\))*/g;

/** Synthesizes `prod` and asks what in it meets and watches which paragraph. */
export function examineDeployment(): Deployment {
  const app = new App({
    context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
  const settings = settingsOf('prod', exampleAccount);
  const stacks = Object.values<Stack>({ ...addStacks(app, settings) });
  const assembly = app.synth();
  const resources = stacks.flatMap((stack) =>
    Object.entries(
      (
        assembly.getStackArtifact(stack.artifactId).template as {
          Resources?: Record<string, TemplateResource>;
        }
      ).Resources ?? {},
    ),
  );
  return { held: heldRules(app), watchers: watchersIn(resources) };
}

/** cdk-nag's HIPAA pack tells violations alone; this one keeps what holds as well, with the control ids that the rule's text names. */
class HeldRules extends HIPAASecurityChecks {
  readonly held: { paragraph: string; rule: string; type: string; resource: string }[] = [];

  protected override applyRule(params: IApplyRule): void {
    super.applyRule(params);
    if (this.#result(params) !== NagRuleCompliance.COMPLIANT) return;
    const rule = params.ruleSuffixOverride ?? params.rule.name;
    const { node } = params;
    for (const [paragraph] of params.info.matchAll(PARAGRAPH))
      this.held.push({ paragraph, rule, type: node.cfnResourceType, resource: pathOf(node) });
  }

  #result({ rule, node }: IApplyRule): unknown {
    try {
      return rule(node);
    } catch {
      // A value that only the account knows: the rule says nothing of it.
      return undefined;
    }
  }
}

const pathOf = (node: CfnResource): string => node.node.path.replace(/\/(Resource|Default)$/, '');

function heldRules(app: App): HeldRule[] {
  const pack = new HeldRules(app);
  pack.validateScope(app);
  const groups = new Map<string, HeldRule & { resources: string[] }>();
  for (const { resource, ...rule } of pack.held) {
    const key = JSON.stringify(rule);
    const group = groups.get(key) ?? { ...rule, resources: [] };
    if (!group.resources.includes(resource)) group.resources.push(resource);
    groups.set(key, group);
  }
  return [...groups.keys()].sort().map((key) => groups.get(key)!);
}

/** What watches says which paragraph in its description, where whoever gets the alert reads it too. */
export function watchersIn(resources: readonly (readonly [id: string, TemplateResource])[]): Watcher[] {
  const found = resources.flatMap(([id, { Type, Properties = {} }]): Watcher[] => {
    const watcher = (kind: Watcher['kind'], name: unknown, text: unknown): Watcher[] =>
      citedIn(text).map((paragraph) => ({ paragraph, kind, name: typeof name === 'string' ? name : id }));
    switch (Type) {
      case 'AWS::Config::ConfigRule':
        return watcher('Config rule', Properties['ConfigRuleName'], Properties['Description']);
      case 'AWS::Config::ConformancePack':
        return packWatchers(String(Properties['TemplateBody']));
      case 'AWS::Events::Rule':
        return watcher('event rule', Properties['Name'], Properties['Description']);
      case 'AWS::CloudWatch::Alarm':
        return watcher('alarm', Properties['AlarmName'], Properties['AlarmDescription']);
      default:
        return [];
    }
  });
  const once = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...once.keys()].sort().map((key) => once.get(key)!);
}

/** A pack has no room for descriptions; what its rules are for stands in the list that it is made of. */
function packWatchers(body: string): Watcher[] {
  const { Resources } = parse(body) as {
    Resources: Record<
      string,
      { Properties: { ConfigRuleName: string; Source: { SourceIdentifier: string } } }
    >;
  };
  return Object.values(Resources).flatMap(({ Properties: { ConfigRuleName: name, Source } }) =>
    (packRules.find(({ identifier }) => identifier === Source.SourceIdentifier)?.paragraphs ?? []).map(
      (paragraph): Watcher => ({ paragraph, kind: 'pack rule', name }),
    ),
  );
}

const citedIn = (text: unknown): string[] => [
  ...new Set([...(JSON.stringify(text) ?? '').matchAll(PARAGRAPH)].map(([paragraph]) => paragraph)),
];

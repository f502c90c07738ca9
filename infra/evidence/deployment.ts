import { App, type CfnResource, Stack } from 'aws-cdk-lib';
import { HIPAASecurityChecks, type IApplyRule, NagRuleCompliance } from 'cdk-nag';
import { addStacks } from '../lib/phi-app.js';
import { cdkContext } from '../lib/repository.js';
import { exampleAccount, settingsOf } from '../lib/settings.js';
import { PARAGRAPH, type TemplateResource, type Watcher, watchersIn } from './watchers.js';

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

export interface Deployment {
  held: HeldRule[];
  watchers: Watcher[];
}

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

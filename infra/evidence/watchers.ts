import { parse } from 'yaml';
import { packRules } from '../../compliance/hipaa-rules.js';

/** Something of the deployment that looks whether a paragraph is kept. */
export interface Watcher {
  paragraph: string;
  kind: 'Config rule' | 'pack rule' | 'event rule' | 'alarm';
  name: string;
}

/** A resource as it stands in a template. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export const PARAGRAPH = /\b164\.\d{3}(?:\([A-Za-z0-9]{1,5}\))*/g;

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

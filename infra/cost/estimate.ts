import { freeResources } from './free-resources.js';
import { type CostContext, dollarsOf, type Position, type Purpose } from './positions.js';
import { isPriced, pricedResources } from './resource-costs.js';
import { objectOf, resourcesOf, type Template } from './template.js';
import { type Scenario, type Usage, usageOf } from './usage.js';

/** A line of the bill: the same position of all resources of a type. */
export interface CostLine extends Position {
  type: string;
  /** How many resources it comes from. */
  resources: number;
  dollars: number;
}

export interface Estimate {
  scenario: Scenario;
  usage: Usage;
  lines: CostLine[];
  /** Dollars a month. */
  total: number;
  /** What stands and what is kept, whether anybody calls or not. */
  standing: number;
  byRequest: number;
  /** What a million more requests cost. */
  perMillionRequests: number;
  byPurpose: { purpose: Purpose; dollars: number }[];
}

/** A type that the estimate knows nothing of: a sum without it would be wrong. */
export class UnknownResource extends Error {
  override readonly name = 'UnknownResource';

  constructor(readonly types: readonly string[]) {
    super(
      `No price is known for ${types.join(', ')}: add it to infra/cost/resource-costs.ts, or to free-resources.ts with the reason`,
    );
  }
}

/**
 * A month's bill of a deployment.
 * @param templates as synthesized, by the name of their stack (`Data`, `Api`, `Audit`)
 * @throws UnknownResource if a template holds a type that has no price and is not known to be free
 */
export function estimate(templates: Record<string, Template>, scenario: Scenario): Estimate {
  const resources = resourcesOf(templates);
  const unknown = resources
    .map(({ type }) => type)
    .filter((type) => !isPriced(type) && !Object.hasOwn(freeResources, type));
  if (unknown.length > 0) throw new UnknownResource([...new Set(unknown)].toSorted());

  const service = resources.find(({ type }) => type === 'AWS::ECS::Service');
  const tasks = Number(objectOf(service?.properties)['DesiredCount'] ?? 0);
  const hasBedrock = resources.some(({ type }) => type === 'AWS::Bedrock::Guardrail');
  const usage = usageOf(scenario, tasks, hasBedrock);
  const context: CostContext = { usage, resources, tasks };

  const lines = new Map<string, CostLine>();
  for (const resource of resources) {
    for (const position of pricedResources[resource.type]?.(resource, context) ?? []) {
      const name = `${resource.type} ${position.what} ${position.price}`;
      const line = lines.get(name) ?? {
        ...position,
        type: resource.type,
        resources: 0,
        quantity: 0,
        dollars: 0,
      };
      line.resources += 1;
      line.quantity += position.quantity;
      line.dollars += dollarsOf(position);
      lines.set(name, line);
    }
  }
  return summed(scenario, usage, [...lines.values()]);
}

function summed(scenario: Scenario, usage: Usage, lines: CostLine[]): Estimate {
  const sum = (some: readonly CostLine[]) => some.reduce((dollars, line) => dollars + line.dollars, 0);
  const byRequest = sum(lines.filter((line) => line.byRequest));
  const purposes = [...new Set(lines.map(({ purpose }) => purpose))];
  return {
    scenario,
    usage,
    lines,
    total: sum(lines),
    standing: sum(lines) - byRequest,
    byRequest,
    perMillionRequests:
      scenario.requestsPerMonth === 0 ? 0 : (byRequest / scenario.requestsPerMonth) * 1_000_000,
    byPurpose: purposes
      .map((purpose) => ({ purpose, dollars: sum(lines.filter((line) => line.purpose === purpose)) }))
      .toSorted((a, b) => b.dollars - a.dollars),
  };
}

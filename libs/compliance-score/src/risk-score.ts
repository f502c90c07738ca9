import type { DataClass } from './severity.js';
import type { Exploitability, Exposure, Violation } from './violation.js';

/** Weights, 0 to 1. What is not known is taken for the worst; what nobody has classified lies between. */
export const weights = {
  dataClass: { other: 0.3, unclassified: 0.6, PII: 0.7, PHI: 1, unknown: 1 },
  exposure: { internal: 0.3, account: 0.5, network: 0.7, internet: 1 },
  exploitability: { 'another fault': 0.25, insider: 0.45, credentials: 0.7, nothing: 1 },
} as const satisfies {
  dataClass: Record<DataClass, number>;
  exposure: Record<Exposure, number>;
  exploitability: Record<Exploitability, number>;
};

/** A violation of today counts four fifths of what it will count for ever; two weeks close most of the distance. */
const YOUNG = 0.8;
const AGE_SCALE_DAYS = 14;
/** So many resources at 100 beside the worst one take the account most of the way to 100. */
const ACCOUNT_SCALE = 5;

/**
 * The risk of one violation, 0 to 1: d * sqrt(e * x) * a, with the weights of data class, exposure and exploitability, and a for its age. Exposure and
 * exploitability share one place, because each is worth little without the other.
 */
export function violationRisk({ dataClass, exposure, exploitability, ageDays }: Violation): number {
  const age = YOUNG + (1 - YOUNG) * (1 - Math.exp(-Math.max(0, ageDays) / AGE_SCALE_DAYS));
  return (
    weights.dataClass[dataClass] *
    Math.sqrt(weights.exposure[exposure] * weights.exploitability[exploitability]) *
    age
  );
}

/** A resource, its score, and why. */
export interface ResourceScore {
  resourceType: string;
  resourceId: string;
  dataClass: DataClass;
  /** 0 to 100. */
  score: number;
  /** The worst first. */
  violations: readonly (Violation & { risk: number })[];
}

/** Of a whole account, 0 to 100, and of each resource that breaks a rule, the worst first. */
export interface RiskScore {
  score: number;
  resources: readonly ResourceScore[];
}

/**
 * 45 CFR 164.308(a)(1)(ii)(A). The score of a resource is 100 * (1 - the product of (1 - risk) over its violations): that at least one of them is used, were they
 * independent. The score of the account is the worst resource's, plus what the others add of the distance to 100:
 * w + (100 - w) * (1 - exp(-(sum of the others) / 500)). Another violation, and more of anything in one, never lowers either.
 * @see README.md, "Formula"
 */
export function riskScore(violations: readonly Violation[]): RiskScore {
  const byResource = new Map<string, Violation[]>();
  for (const violation of violations) {
    const key = JSON.stringify([violation.resourceType, violation.resourceId]);
    byResource.set(key, [...(byResource.get(key) ?? []), violation]);
  }
  const resources = [...byResource.values()]
    .map(resourceScore)
    .toSorted((a, b) => b.score - a.score || a.resourceId.localeCompare(b.resourceId));
  const [worst = 0, ...others] = resources.map(({ score }) => score);
  const rest = others.reduce((sum, score) => sum + score, 0) / 100;
  return { score: worst + (100 - worst) * (1 - Math.exp(-rest / ACCOUNT_SCALE)), resources };
}

function resourceScore(violations: readonly Violation[]): ResourceScore {
  const rated = violations
    .map((violation) => ({ ...violation, risk: violationRisk(violation) }))
    .toSorted((a, b) => b.risk - a.risk || a.rule.localeCompare(b.rule));
  const [first] = rated;
  if (first === undefined) throw new RangeError('a resource without a violation has no score');
  const worstClass = rated.reduce((worst, { dataClass }) =>
    weights.dataClass[dataClass] > weights.dataClass[worst.dataClass] ? { ...worst, dataClass } : worst,
  ).dataClass;
  return {
    resourceType: first.resourceType,
    resourceId: first.resourceId,
    dataClass: worstClass,
    score: 100 * (1 - rated.reduce((none, { risk }) => none * (1 - risk), 1)),
    violations: rated,
  };
}

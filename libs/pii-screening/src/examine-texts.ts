import { Problem, problemTypes } from '@app/problem-details';
import { type DetectionScope, everyIdentifier, scopeOf } from './detection-scope.js';
import type { Detection, PiiDetector } from './pii-detector.js';
import { type PiiFinding, piiTypes } from './pii-types.js';
import { type PolicyAction, policyActions, type ScreeningPolicy } from './screening-policy.js';

const retryAfterSeconds = 5;

/**
 * Asks a detector, and fails closed: a detector that breaks in a way of its own makes the text unscreened, not clean.
 * @throws Problem `screening-unavailable`
 */
export async function examineTexts(
  detector: PiiDetector,
  texts: readonly string[],
  scope: DetectionScope,
): Promise<Detection> {
  if (texts.length === 0) return { findings: [], degraded: false };
  try {
    return await detector.examine(texts, scope);
  } catch (cause) {
    // A detector that knows when it will be back says so itself.
    if (cause instanceof Problem) throw cause;
    const headers = { 'retry-after': String(retryAfterSeconds) };
    throw new Problem(problemTypes.screeningUnavailable, { cause, headers });
  }
}

/** A finding and what a policy does with it. */
export interface JudgedFinding extends PiiFinding {
  readonly action: PolicyAction;
}

/**
 * Whatever identifies somebody, and what the policy does with it. Two looks: under a policy that allows record numbers, one in
 * the shape of a social security number is called a record number, and what happens to it at the door is told beside it.
 * @throws Problem `screening-unavailable`
 */
export async function judgeTexts(
  detector: PiiDetector,
  texts: readonly string[],
  policy: ScreeningPolicy,
): Promise<{ findings: JudgedFinding[][]; degraded: boolean }> {
  const all = await examineTexts(detector, texts, everyIdentifier);
  const scope = scopeOf(policy);
  const atDoor = scope.types.size === piiTypes.length ? all : await examineTexts(detector, texts, scope);
  const findings = texts.map((_, position) => {
    const acted = atDoor.findings[position] ?? [];
    const named = all.findings[position] ?? [];
    const unnamed = acted.filter((finding) => !named.some((other) => overlap(finding, other)));
    return [...named, ...unnamed]
      .sort((a, b) => a.start - b.start)
      .map((finding) => ({ ...finding, action: strictest(finding, acted, policy) }));
  });
  return { findings, degraded: all.degraded || atDoor.degraded };
}

const overlap = (a: PiiFinding, b: PiiFinding) => a.start < b.end && b.start < a.end;

function strictest(finding: PiiFinding, acted: readonly PiiFinding[], policy: ScreeningPolicy): PolicyAction {
  const actions = [finding, ...acted.filter((other) => overlap(finding, other))].map(
    ({ type }) => policy[type],
  );
  return policyActions.find((action) => actions.includes(action)) ?? 'ALLOW';
}

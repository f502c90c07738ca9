import { type App, type IPolicyValidationPlugin, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { Acknowledgement } from './nag-acknowledgement.js';
import { acknowledgements } from './nag-acknowledgements.js';
import { PhiStack } from './phi.stack.js';

/** A rule that a resource does not follow. */
export interface Finding {
  id: string;
  /** Construct path of the resource. */
  at: string;
}

export interface NagReport {
  /** Everything that the rules find, acknowledged or not. */
  findings: Finding[];
  /** What nobody has answered for. */
  open: Finding[];
  acknowledged: (Finding & Pick<Acknowledgement, 'owner' | 'reason'>)[];
  /** Acknowledged, but not (or not any more) found: in another environment it may be. */
  unused: Finding[];
}

/** The rule packs that every deployment is held to. */
export const rulePacks = (app: App): (NagPack & IPolicyValidationPlugin)[] => [
  new HIPAASecurityChecks(app),
  new AwsSolutionsChecks(app),
];

/**
 * Holds an app to the rules and each finding to its acknowledgement.
 * @param app whose acknowledgements were not applied, so that all findings show
 */
export function nagReport(app: App, all: readonly Acknowledgement[] = acknowledgements): NagReport {
  // What leads to another stack has its final name only then.
  app.synth();
  const findings = rulePacks(app)
    .flatMap((pack) => pack.validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ id: ruleName, at: constructPath ?? '' })),
    )
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const answers = new Map(
    all.flatMap(({ at, ids, owner, reason }) =>
      at.flatMap((path) =>
        ids
          .map((id) => withStage(id, app))
          .map((id) => [nameOf({ id, at: path }), { id, at: path, owner, reason }] as const),
      ),
    ),
  );
  const found = new Set(findings.map(nameOf));
  return {
    findings,
    open: findings.filter((finding) => !answers.has(nameOf(finding))),
    acknowledged: [...answers.values()].filter((answer) => found.has(nameOf(answer))),
    unused: [...answers.values()]
      .filter((answer) => !found.has(nameOf(answer)))
      .map(({ id, at }) => ({ id, at })),
  };
}

const nameOf = ({ id, at }: Finding): string => `${at} ${id}`;

/** @returns the id as it is found in this app */
function withStage(id: string, app: IConstruct): string {
  const stack = app.node.children.find((child) => child instanceof PhiStack);
  return id.replaceAll('<stage>', stack?.settings.stage ?? '<stage>');
}

/** Tells cdk-nag of each acknowledgement whose resource is in the app; in another environment the others may be. */
export function acknowledge(app: IConstruct, all: readonly Acknowledgement[] = acknowledgements): void {
  for (const { owner, reason, at, ids } of all) {
    for (const path of at) {
      const resource = path
        .split('/')
        .reduce<IConstruct | undefined>((construct, id) => construct?.node.tryFindChild(id), app);
      if (resource === undefined) continue;
      for (const id of ids) {
        Validations.of(resource).acknowledge({ id: withStage(id, app), reason: `${reason} (${owner})` });
      }
    }
  }
}

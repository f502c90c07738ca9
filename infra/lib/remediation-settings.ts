/** What the account may mend by itself. */
export interface RemediationSettings {
  /** How long an unencrypted volume is kept after an encrypted one took its place. */
  replacedVolumeDays: number;
  /** Whether the deletion of a key is called off. Not where stacks come and go with their keys. */
  rescuesKeys: boolean;
  /** Whether each rule is a metric of its own, which CloudWatch charges for. */
  ruleMetrics: boolean;
}

export const devRemediation: RemediationSettings = {
  replacedVolumeDays: 3,
  rescuesKeys: false,
  ruleMetrics: false,
};

export const prodRemediation: RemediationSettings = {
  replacedVolumeDays: 14,
  rescuesKeys: true,
  ruleMetrics: true,
};

/** @returns rules and what to say if one does not hold */
export function remediationRules(
  { replacedVolumeDays }: RemediationSettings,
  approverArns: readonly string[],
): [boolean, string][] {
  return [
    [
      Number.isInteger(replacedVolumeDays) && replacedVolumeDays >= 1 && replacedVolumeDays <= 90,
      'remediation.replacedVolumeDays: 1 to 90',
    ],
    // Automation takes ten.
    [
      approverArns.length <= 10 &&
        approverArns.every((arn) => /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)),
      'remediationApproverArns: at most ten ARNs of IAM roles',
    ],
  ];
}

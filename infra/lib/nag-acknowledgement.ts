/** Somebody answers for findings of cdk-nag that stay: these rules, at these resources, for this reason. */
export interface Acknowledgement {
  /** Who decided, and is asked when the reason no longer holds. */
  owner: 'platform' | 'security' | 'privacy';
  /** Why the finding is no risk here, or what covers it instead. */
  reason: string;
  /** Construct paths of the resources, one by one: `Data/Tables/KeyStore/Resource`. */
  at: readonly string[];
  /** Ids as cdk-nag prints them: `HIPAA.Security-LambdaDLQ`, `AwsSolutions-IAM5[Resource::*]`; `<stage>` stands for the stage. */
  ids: readonly string[];
}

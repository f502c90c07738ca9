export interface ReplacedVolumesConfig {
  stage: string;
  /** How long an unencrypted volume stays after it was replaced. */
  keptDays: number;
  deletionDocument: string;
  deletionRoleArn: string;
}

/** The one place of this function that reads the environment. */
export function replacedVolumesConfig(): ReplacedVolumesConfig {
  const {
    STAGE: stage = '',
    KEPT_DAYS: kept = '',
    DELETION_DOCUMENT: deletionDocument = '',
    DELETION_ROLE_ARN: deletionRoleArn = '',
  } = process.env;
  const keptDays = Number(kept);
  if (stage === '') throw new Error('STAGE must be the stage of the deployment');
  if (!Number.isInteger(keptDays) || keptDays < 1) throw new Error('KEPT_DAYS must be a number of days');
  if (deletionDocument === '') throw new Error('DELETION_DOCUMENT must be the name of a document');
  if (deletionRoleArn === '') throw new Error('DELETION_ROLE_ARN must be the ARN of a role');
  return { stage, keptDays, deletionDocument, deletionRoleArn };
}

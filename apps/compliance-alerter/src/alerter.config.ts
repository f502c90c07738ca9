export interface AlerterConfig {
  topicArn: string;
  tableName: string;
  /** What the names of our own rules begin with. */
  ruleNamePrefix: string;
}

/** The one place of this function that reads the environment. */
export function alerterConfig(): AlerterConfig {
  const { ALERT_TOPIC_ARN: topicArn, ALERT_TABLE: tableName, RULE_NAME_PREFIX: ruleNamePrefix } = process.env;
  const missing = Object.entries({
    ALERT_TOPIC_ARN: topicArn,
    ALERT_TABLE: tableName,
    RULE_NAME_PREFIX: ruleNamePrefix,
  }).flatMap(([name, value]) => (value === undefined || value === '' ? [name] : []));
  if (topicArn === undefined || tableName === undefined || ruleNamePrefix === undefined || missing.length > 0)
    throw new Error(`Not set: ${missing.join(', ')}`);
  return { topicArn, tableName, ruleNamePrefix };
}

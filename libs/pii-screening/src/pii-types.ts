/**
 * Every kind of identifier that a detector can report. Names are those of Amazon Bedrock Guardrails where it has one,
 * else ours; together they hold what the 18 Safe Harbor identifiers can look like in text (45 CFR 164.514(b)(2)).
 */
export const piiTypes = [
  'US_SOCIAL_SECURITY_NUMBER',
  'CREDIT_DEBIT_CARD_NUMBER',
  'PHONE',
  'EMAIL',
  'ADDRESS',
  'NAME',
  'AGE',
  'DATE',
  'URL',
  'IP_ADDRESS',
  'DRIVER_ID',
  'LICENSE_PLATE',
  'VEHICLE_IDENTIFICATION_NUMBER',
  'MEDICAL_RECORD_NUMBER',
  'HEALTH_PLAN_ID',
  'ACCOUNT_NUMBER',
  'DEVICE_ID',
  'OTHER_ID',
] as const;

export type PiiType = (typeof piiTypes)[number];

/** A span of a text that identifies somebody. It never carries the text itself. */
export interface PiiFinding {
  readonly type: PiiType;
  /** First UTF-16 code unit of the span. */
  readonly start: number;
  /** One past the last UTF-16 code unit of the span. */
  readonly end: number;
  /** 0 to 1: how sure the rule is. Comparable between rules of this library only. */
  readonly confidence: number;
  /** Name of the rule that found it, e.g. `ssn-dashed`. */
  readonly rule: string;
}

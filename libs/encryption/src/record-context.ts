/**
 * What a message is bound to: one version of one record of one patient. The context is written in clear into the
 * message, and a patient's id into CloudTrail and into key-store requests, so it may hold opaque ids only.
 */
export type RecordContext = {
  /** In full: IAM conditions and CloudTrail know it by this name. */
  patient_id: string;
  /** Names one version of one record among all of the patient, in printable ASCII. */
  record: string;
};

/** The form of the messages in `test/fixtures/vectors/v1`: read for ever, written no more, because it is 48 bytes longer. */
export type EarlierRecordContext = {
  patient_id: string;
  record_type: string;
  record_id: string;
  record_version: string;
};

const NAMES = ['patient_id', 'record'] as const;
const EARLIER_NAMES = ['patient_id', 'record_type', 'record_id', 'record_version'] as const;
const OPAQUE = /^[\x21-\x7e]{1,128}$/;

/**
 * Copies the pairs of the one form or the other, so that nothing else that hangs on the object can get into a message.
 * @throws TypeError that names the wrong key, never its value
 */
export function encryptionContextOf(context: RecordContext | EarlierRecordContext): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = context;
  const pairs: Record<string, string> = {};
  for (const name of 'record' in context ? NAMES : EARLIER_NAMES) {
    const value = given[name];
    if (typeof value !== 'string' || !OPAQUE.test(value)) {
      throw new TypeError(`The encryption context needs an opaque ${name}`);
    }
    pairs[name] = value;
  }
  return pairs;
}

/**
 * @returns whether both hold the same pairs and no other. A pair that we never wrote means that the message is not
 * ours, whatever its key says; the SDK itself adds one to signed messages alone, which we neither write nor read.
 * Context is not secret, so the comparison need not be constant in time.
 */
export function isExactContext(
  actual: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(actual);
  if (names.length !== Object.keys(expected).length) return false;
  // Own pairs alone: every object knows a `constructor`.
  return names.every((name) => Object.hasOwn(expected, name) && actual[name] === expected[name]);
}

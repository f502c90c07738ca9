import { ENCODED_SIGNER_KEY } from '@aws-crypto/serialize';

/**
 * What a message is bound to: one version of one record of one patient. The context is written in clear into the
 * message, into CloudTrail and into key-store requests, so it may hold opaque ids only.
 */
export interface RecordContext {
  patient_id: string;
  record_type: string;
  record_id: string;
  /** Decimal, without leading zeros. */
  record_version: string;
}

const OPAQUE_ID = /^[\x21-\x7e]{1,128}$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;
const EXPECTED_KEYS = ['patient_id', 'record_type', 'record_id', 'record_version'] as const;

/**
 * Copies the four pairs, so that nothing else that hangs on the object can get into a message.
 * @throws TypeError that names the wrong key, never its value
 */
export function encryptionContextOf(context: RecordContext): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const key of EXPECTED_KEYS) {
    const value: unknown = context[key];
    const pattern = key === 'record_version' ? DECIMAL : OPAQUE_ID;
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw new TypeError(`The encryption context needs an opaque ${key}`);
    }
    pairs[key] = value;
  }
  return pairs;
}

/**
 * @returns whether `actual` holds every expected pair and nothing else but keys that the SDK itself adds.
 * Context is not secret, so the comparison need not be constant in time.
 */
export function isExactContext(
  actual: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): boolean {
  for (const key of EXPECTED_KEYS) if (actual[key] !== expected[key]) return false;
  for (const key of Object.keys(actual)) {
    // A pair that we never wrote means that the message is not ours, whatever its key says.
    if (expected[key] === undefined && key !== ENCODED_SIGNER_KEY) return false;
  }
  return true;
}

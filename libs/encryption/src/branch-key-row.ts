import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { BranchKeyError } from './branch-key-error.js';

export type KeyStoreItem = Record<string, AttributeValue>;

export const ACTIVE_ROW = 'branch:ACTIVE';
const VERSION_PREFIX = 'branch:version:';
const CONTEXT_PREFIX = 'aws-crypto-ec:';

/** A row of the key store, as far as can be told without KMS. */
export interface BranchKeyRow {
  type: string;
  /** Of an active row: the id of the version that it is. */
  version: string | undefined;
  kmsKeyArn: string;
  /** The wrapped key. */
  enc: Uint8Array;
  /** All text of the row, which KMS authenticates together with the logical name of the key store. */
  attributes: Record<string, string>;
}

/**
 * Reads a row strictly. KMS would notice most of what is wrong here, since every attribute is part of the context that
 * it authenticates; but the SDK overwrites an attribute `tablename`, converts numbers, and calls what it cannot read
 * an error like any other.
 * @throws BranchKeyError `rejected`
 * @see AWS Encryption SDK specification, branch-key-store.md, "Record Format"
 */
export function parseBranchKeyRow(item: KeyStoreItem, patientId: string, type: string): BranchKeyRow {
  const attributes: Record<string, string> = {};
  let enc: Uint8Array | undefined;
  for (const [name, value] of Object.entries(item)) {
    if (name === 'enc') enc = value.B;
    else attributes[name] = textOf(name, value);
  }
  const expected = ['branch-key-id', 'type', 'create-time', 'hierarchy-version', 'kms-arn'];
  if (type === ACTIVE_ROW) expected.push('version');
  const names = Object.keys(attributes).filter((name) => !name.startsWith(CONTEXT_PREFIX));
  const isWhole = names.length === expected.length && expected.every((name) => name in attributes);
  const isAsked = attributes['branch-key-id'] === patientId && attributes['type'] === type;
  const { 'kms-arn': kmsKeyArn, version } = attributes;
  if (!isWhole || !isAsked || enc === undefined || kmsKeyArn === undefined) throw malformed();
  if (version !== undefined && !version.startsWith(VERSION_PREFIX)) throw malformed();
  return { type, version: version?.slice(VERSION_PREFIX.length), kmsKeyArn, enc, attributes };
}

function textOf(name: string, value: AttributeValue): string {
  // The SDK turns a number into its shortest text: 1.0 would pass for 1.
  if (name === 'hierarchy-version') {
    if (value.N === '1') return value.N;
  } else if (value.S !== undefined) return value.S;
  throw malformed();
}

const malformed = () => new BranchKeyError('rejected', new Error('Not a row of the key store'));

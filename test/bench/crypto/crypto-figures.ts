/** In the order of the table. */
export const contenders = ['raw', 'lib', 'stock'] as const;
export type ContenderName = (typeof contenders)[number];
export type OperationName = 'encrypt' | 'decrypt';

/** Microseconds for one message. */
export interface Times {
  p10: number;
  p50: number;
}

export interface CryptoFigures {
  /** How many messages each figure is of. */
  rounds: number;
  times: { bytes: number; operation: OperationName; of: Record<ContenderName, Times> }[];
  /** Bytes that a message is longer than its plaintext, by record type. */
  overheads: { recordType: string; bytes: number }[];
  /** KMS calls that one read makes, by whether the patient's key is in the cache. */
  kmsCalls: { cold: number; warm: number };
  targets: Target[];
}

export interface Target {
  what: string;
  atMost: number;
  measured: number;
}

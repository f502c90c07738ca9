/** What an algorithm suite settles. All of them are AES-GCM with an IV of 12 bytes and a tag of 16. */
export interface AlgorithmSuite {
  /** As in the header, and as in the input of the key derivation. */
  readonly id: number;
  readonly messageVersion: 1 | 2;
  /** Of the data key, and of the key that encrypts. */
  readonly keyBytes: 16 | 24 | 32;
  /** HKDF's hash; undefined: the data key itself encrypts. */
  readonly derivation?: 'sha256' | 'sha384' | 'sha512';
  /** The header holds a commitment to the data key. */
  readonly commits: boolean;
  readonly signature?: { readonly curve: 'prime256v1' | 'secp384r1'; readonly hash: 'sha256' | 'sha384' };
}

export const IV_BYTES = 12;
export const TAG_BYTES = 16;

const p256 = { curve: 'prime256v1', hash: 'sha256' } as const;
const p384 = { curve: 'secp384r1', hash: 'sha384' } as const;

/**
 * Every suite of the message format, those that this platform never writes too.
 * @see AWS Encryption SDK Specification, "Algorithm Suites", tables "Supported Algorithm Suites",
 *   "Encryption Key Derivation Settings" and "Signature Settings"
 */
export const algorithmSuites: ReadonlyMap<number, AlgorithmSuite> = new Map(
  (
    [
      { id: 0x0014, messageVersion: 1, keyBytes: 16, commits: false },
      { id: 0x0046, messageVersion: 1, keyBytes: 24, commits: false },
      { id: 0x0078, messageVersion: 1, keyBytes: 32, commits: false },
      { id: 0x0114, messageVersion: 1, keyBytes: 16, derivation: 'sha256', commits: false },
      { id: 0x0146, messageVersion: 1, keyBytes: 24, derivation: 'sha256', commits: false },
      { id: 0x0178, messageVersion: 1, keyBytes: 32, derivation: 'sha256', commits: false },
      { id: 0x0214, messageVersion: 1, keyBytes: 16, derivation: 'sha256', commits: false, signature: p256 },
      { id: 0x0346, messageVersion: 1, keyBytes: 24, derivation: 'sha384', commits: false, signature: p384 },
      { id: 0x0378, messageVersion: 1, keyBytes: 32, derivation: 'sha384', commits: false, signature: p384 },
      { id: 0x0478, messageVersion: 2, keyBytes: 32, derivation: 'sha512', commits: true },
      { id: 0x0578, messageVersion: 2, keyBytes: 32, derivation: 'sha512', commits: true, signature: p384 },
    ] satisfies AlgorithmSuite[]
  ).map((suite) => [suite.id, suite]),
);

import { type CipherGCMTypes, createDecipheriv } from 'node:crypto';
import { TAG_BYTES } from './algorithm-suites.js';
import { Unreadable } from './unreadable.js';

/** What AES-GCM needs to open one ciphertext. */
export interface Sealed {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  readonly content: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * AES-GCM with the size of `key`, a tag of 16 bytes.
 * @throws Unreadable with `why` if anything of it is not authentic; nothing is released then
 */
export function decryptAesGcm(key: Uint8Array, { iv, aad, content, tag }: Sealed, why: string): Buffer {
  const algorithm = `aes-${(key.length * 8) as 128 | 192 | 256}-gcm` satisfies CipherGCMTypes;
  const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: TAG_BYTES });
  try {
    decipher.setAAD(aad).setAuthTag(tag);
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    throw new Unreadable(why);
  }
}

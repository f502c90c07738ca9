import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Problem, problemTypes } from '@app/problem-details';
import { lengthPrefixed } from './length-prefixed.js';
import { DerivedKeys, type VersionedRoots } from './versioned-roots.js';

const VERSION_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const EXPIRY_BYTES = 6;
const HEADER_BYTES = VERSION_BYTES + IV_BYTES;
const LABEL = 'aes-256-gcm';

/**
 * Cursors that a client can neither read nor change nor use elsewhere: AES-256-GCM, bound to who asks for what.
 * Layout before base64url: root version (4), IV (12), ciphertext of expiry (6) and position, tag (16).
 */
export class CursorCipher {
  readonly #keys: DerivedKeys;

  constructor(roots: VersionedRoots) {
    this.#keys = new DerivedKeys(roots, 'cursor');
  }

  /**
   * @param position where the next page starts
   * @param binding principal, route and filter; the cursor opens with exactly these only
   * @param expiresAtSeconds Unix time
   * @returns text that is safe in a URL
   */
  seal(position: string, binding: readonly string[], expiresAtSeconds: number): string {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(this.#keys.active);
    randomBytes(IV_BYTES).copy(header, VERSION_BYTES);
    const expiry = Buffer.alloc(EXPIRY_BYTES);
    expiry.writeUIntBE(Math.floor(expiresAtSeconds), 0, EXPIRY_BYTES);
    const cipher = createCipheriv(
      'aes-256-gcm',
      this.#keys.activeKey(LABEL),
      header.subarray(VERSION_BYTES),
    ).setAAD(aad(header, binding));
    const content = [cipher.update(expiry), cipher.update(position, 'utf8'), cipher.final()];
    return Buffer.concat([header, ...content, cipher.getAuthTag()]).toString('base64url');
  }

  /**
   * @returns the position
   * @throws Problem `invalid-cursor` for anything wrong with it, without saying what
   */
  open(cursor: string, binding: readonly string[], nowSeconds: number): string {
    const opened = this.#decrypt(cursor, binding);
    if (opened === undefined || opened.expiresAtSeconds <= nowSeconds)
      throw new Problem(problemTypes.invalidCursor);
    return opened.position;
  }

  #decrypt(cursor: string, binding: readonly string[]) {
    const bytes = Buffer.from(cursor, 'base64url');
    // Node skips what is not base64url, so that many texts would be the same cursor.
    if (bytes.length < HEADER_BYTES + EXPIRY_BYTES + TAG_BYTES || bytes.toString('base64url') !== cursor) {
      return undefined;
    }
    const header = bytes.subarray(0, HEADER_BYTES);
    const key = this.#keys.key(header.readUInt32BE(), LABEL);
    if (key === undefined) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(VERSION_BYTES))
      .setAAD(aad(header, binding))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const content = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    const expiresAtSeconds = content.readUIntBE(0, EXPIRY_BYTES);
    return { expiresAtSeconds, position: content.subarray(EXPIRY_BYTES).toString('utf8') };
  }
}

const aad = (header: Buffer, binding: readonly string[]) => lengthPrefixed([header, ...binding]);

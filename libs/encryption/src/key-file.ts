import { randomBytes } from 'node:crypto';
import { openSecretFile, SecretFileError } from '@app/configuration';

const keyBytes = 32;

/**
 * Reads a key of 32 random bytes, or makes one on the first start. Nothing that is there is ever overwritten.
 * @param role what the file is for, named in errors; the path is not
 * @throws SecretFileError when it is no regular file, others may touch it, or its size is wrong
 */
export function openKeyFile(path: string, role: string): Buffer {
  const key = openSecretFile(path, role, () => randomBytes(keyBytes));
  if (key.length === keyBytes) return key;
  throw new SecretFileError(`The ${role} file does not hold exactly ${keyBytes} bytes`);
}

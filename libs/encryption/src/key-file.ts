import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { syncFolderOf } from './sync-folder.js';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/** A key file that the service must not start with. Nothing was written. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/**
 * Reads a key of 32 bytes, or makes one on the first start: random, mode 0600, flushed, and never over a file that
 * is there, since a lost root key is lost data.
 * @param role what the file is for, named in errors; the path is not
 * @throws KeyFileError when it is no regular file, others may read it, or its size is wrong
 */
export function openKeyFile(path: string, role: string): Buffer {
  try {
    return readKeyFile(path, role);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  createKeyFile(path, role);
  // Reads what is there now: another process may have been first.
  return readKeyFile(path, role);
}

function readKeyFile(path: string, role: string): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT') throw cause;
    const why = code === 'ELOOP' ? 'is a symbolic link' : 'cannot be read';
    throw new KeyFileError(`The ${role} file ${why}`, { cause });
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new KeyFileError(`The ${role} file is not a regular file`);
    if ((status.mode & 0o7777 & ~OWNER_ONLY) !== 0) {
      throw new KeyFileError(`The ${role} file has wider permissions than 0600`);
    }
    const key = Buffer.alloc(KEY_BYTES);
    if (status.size !== KEY_BYTES || readSync(file, key, 0, KEY_BYTES, 0) !== KEY_BYTES) {
      throw new KeyFileError(`The ${role} file does not hold exactly ${KEY_BYTES} bytes`);
    }
    return key;
  } finally {
    closeSync(file);
  }
}

/** Written under another name and linked into place: a crash leaves a whole key file or none. */
function createKeyFile(path: string, role: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  const key = randomBytes(KEY_BYTES);
  try {
    const file = openSync(draft, 'wx', OWNER_ONLY);
    try {
      // The process's umask may have narrowed or, through ACLs, widened it.
      fchmodSync(file, OWNER_ONLY);
      writeSync(file, key);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      linkSync(draft, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    syncFolderOf(path);
  } catch (cause) {
    throw new KeyFileError(`The ${role} file cannot be created`, { cause });
  } finally {
    key.fill(0);
  }
}

const errorCode = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

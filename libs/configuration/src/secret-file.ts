import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const ownerOnly = 0o600;

/** A secret file that must not be used. Nothing was written. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/**
 * Reads a secret file of ours, or makes it on the first start: mode 0600, flushed, and never over a file that is
 * there, since a lost key is lost data. Of two processes that start together both get what the first one made.
 * @param role what the file is for, named in errors
 * @param create makes the content; it is zeroed once it is written
 * @throws SecretFileError when it is no plain file, or others than its owner may touch it
 */
export function openSecretFile(path: string, role: string, create: () => Buffer): Buffer {
  const known = readSecretFile(path, role);
  if (known !== undefined) return known;
  createSecretFile(path, role, create());
  // Reads what is there now: another process may have been first.
  const made = readSecretFile(path, role);
  if (made === undefined) throw new SecretFileError(`The ${role} file was removed while it was made`);
  return made;
}

/** @returns the content, or `undefined` when there is no such file @throws SecretFileError as `openSecretFile` */
export function readSecretFile(path: string, role: string): Buffer | undefined {
  let file: number;
  try {
    // The opened file is examined, not its name: what is checked is what is read.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT') return undefined;
    throw new SecretFileError(
      `The ${role} file ${code === 'ELOOP' ? 'is a symbolic link' : 'cannot be read'}`,
      { cause },
    );
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new SecretFileError(`The ${role} file is not a regular file`);
    if ((status.mode & 0o7777 & ~ownerOnly) !== 0) {
      throw new SecretFileError(`The ${role} file has wider permissions than 0600`);
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Written under another name and linked into place: a crash leaves a whole file or none. */
function createSecretFile(path: string, role: string, content: Buffer): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(draft, 'wx', ownerOnly);
    try {
      // The umask may have narrowed the mode or, through ACLs, widened it.
      fchmodSync(file, ownerOnly);
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkIntoPlace(draft, path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw new SecretFileError(`The ${role} file cannot be created`, { cause });
  } finally {
    content.fill(0);
  }
}

function linkIntoPlace(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Makes the new name in the folder durable. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Errors of the file system are no `Error` across realms: the code tells them. */
const errorCode = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

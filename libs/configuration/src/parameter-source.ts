import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Names of the parameters that the service reads. */
export type ParameterName = 'index-root';

/** Where secrets and settings of a deployment live: a local file, or SSM Parameter Store. */
export abstract class ParameterSource {
  /** @returns the parameter's text @throws Error naming the parameter, never its value */
  abstract get(name: ParameterName): Promise<string>;
}

/**
 * Reads a secret file of ours, making it first where it is absent. Never overwrites: two processes that start
 * together end up with one file, because the second link fails and then reads what the first one wrote.
 * @param role what the file is, for the error
 * @throws Error if the file is a link, or others than its owner may touch it
 */
export function readOrCreateSecretFile(path: string, role: string, create: () => string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) writeOnce(path, create());
  else if (!status.isFile()) throw new Error(`${role} must be a plain file`);
  else if ((status.mode & 0o077) !== 0)
    throw new Error(`${role} must be readable by its owner alone (mode 0600)`);
  return readFileSync(path, 'utf8');
}

function writeOnce(path: string, content: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

const generators: Record<ParameterName, () => string> = {
  'index-root': () => JSON.stringify({ active: 1, roots: { 1: randomBytes(32).toString('base64') } }),
};

/** Parameters as files of the embedded platform's data folder, one a parameter, made at first use. */
export class LocalParameterSource extends ParameterSource {
  constructor(private readonly folder: string) {
    super();
  }

  override async get(name: ParameterName): Promise<string> {
    return readOrCreateSecretFile(join(this.folder, name), `parameter ${name}`, generators[name]);
  }
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openSecretFile } from './secret-file.js';

/** Names of the parameters that the service reads. */
export type ParameterName = 'index-root';

/** Where secrets and settings of a deployment live: a local file, or SSM Parameter Store. */
export abstract class ParameterSource {
  /** @returns the parameter's text @throws Error naming the parameter, never its value */
  abstract get(name: ParameterName): Promise<string>;
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
    const create = () => Buffer.from(generators[name]());
    return openSecretFile(join(this.folder, name), `parameter ${name}`, create).toString('utf8');
  }
}

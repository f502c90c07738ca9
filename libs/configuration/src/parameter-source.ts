import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openSecretFile, readSecretFile, syncFolder } from './secret-file.js';

/** Names of the parameters that the service reads; `infra/lib/names.ts` knows them by their whole path. */
export type ParameterName =
  | 'index-root'
  /** ARN of the alias, or the key, that wraps branch keys. */
  | 'kms-key-arn'
  /** ARNs of the keys that the alias pointed to before, separated by commas. */
  | 'earlier-kms-key-arns'
  | 'signing-key-arn'
  | 'oidc-issuer'
  /** JSON Web Key Set of the issuer (RFC 7517). */
  | 'oidc-jwks'
  | 'bedrock-guardrail-id'
  | 'bedrock-guardrail-version'
  | 'bedrock-model-id'
  /** Certificate chain and private key of the service, PEM. */
  | 'tls-certificate'
  | 'tls-key';

/** There is no such parameter. */
export class ParameterMissing extends Error {
  override readonly name = 'ParameterMissing';
  /** @param place the parameter as an operator knows it: its path, or its file */
  constructor(place: string) {
    super(`parameter ${place} is missing`);
  }
}

/** Somebody else changed the parameter first. Nothing was written. */
export class ParameterChanged extends Error {
  override readonly name = 'ParameterChanged';
  constructor(parameter: ParameterName) {
    super(`parameter ${parameter} was changed by somebody else`);
  }
}

/** Where secrets and settings of a deployment live: a local file, or SSM Parameter Store. */
export abstract class ParameterSource {
  /** @returns the parameter's text @throws ParameterMissing, or Error naming the parameter; never its value */
  abstract get(name: ParameterName): Promise<string>;

  /**
   * Replaces the parameter, durably, if its text still is `expected`.
   * @throws ParameterChanged, or Error naming the parameter, never its value
   */
  abstract put(name: ParameterName, text: string, expected: string): Promise<void>;
}

/** What is made at first use; anything else is put there by an operator. */
const generators: Partial<Record<ParameterName, () => string>> = {
  'index-root': () => JSON.stringify({ active: 1, roots: { 1: randomBytes(32).toString('base64') } }),
};

/**
 * Parameters as files of the embedded platform's data folder, made at first use. A change is a new file
 * (`index-root`, then `index-root.2`, ...) linked into place: of two processes that replace the same text the file system
 * lets one be first, a crash leaves the old or the new text, and no file is ever written over. The highest number counts.
 */
export class LocalParameterSource extends ParameterSource {
  constructor(private readonly folder: string) {
    super();
  }

  override async get(name: ParameterName): Promise<string> {
    return this.#newest(name).text;
  }

  override async put(name: ParameterName, text: string, expected: string): Promise<void> {
    const { generation, text: current } = this.#newest(name);
    if (current !== expected) throw new ParameterChanged(name);
    const next = generation + 1;
    const linked = openSecretFile(this.#path(name, next), role(name), () => Buffer.from(text));
    const superseded = this.#generations(name).some((other) => other > next);
    if (superseded || linked.toString('utf8') !== text) {
      // A process that was suspended for long may find its number free again, below one that counts.
      if (superseded) this.#remove(name, next);
      throw new ParameterChanged(name);
    }
    this.#removeBelow(name, next);
  }

  #newest(name: ParameterName): { generation: number; text: string } {
    for (;;) {
      const generation = Math.max(0, ...this.#generations(name));
      const content =
        generation === 0
          ? openSecretFile(this.#path(name, 1), role(name), () => this.#made(name))
          : readSecretFile(this.#path(name, generation), role(name));
      // Otherwise it was replaced while it was read.
      const newest = Math.max(0, ...this.#generations(name));
      if (content !== undefined && newest === Math.max(1, generation)) {
        // Left by a process that was killed between its two steps; it may hold a root that was meant to go.
        this.#removeBelow(name, newest);
        return { generation: newest, text: content.toString('utf8') };
      }
    }
  }

  #made(name: ParameterName): Buffer {
    const generate = generators[name];
    if (generate === undefined) throw new ParameterMissing(this.#path(name, 1));
    return Buffer.from(generate());
  }

  #generations(name: ParameterName): number[] {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const pattern = new RegExp(`^${name}(?:\\.([2-9]|[1-9][0-9]{1,8}))?$`);
    return readdirSync(this.folder).flatMap((file) => {
      const match = pattern.exec(file);
      return match === null ? [] : [Number(match[1] ?? 1)];
    });
  }

  #path(name: ParameterName, generation: number): string {
    return join(this.folder, generation === 1 ? name : `${name}.${generation}`);
  }

  #removeBelow(name: ParameterName, generation: number): void {
    const older = this.#generations(name).filter((other) => other < generation);
    for (const one of older) this.#remove(name, one);
    if (older.length > 0) syncFolder(this.folder);
  }

  #remove(name: ParameterName, generation: number): void {
    try {
      unlinkSync(this.#path(name, generation));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

const role = (name: ParameterName) => `parameter ${name}`;

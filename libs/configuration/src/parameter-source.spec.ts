import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalParameterSource, ParameterChanged } from './parameter-source.js';
import { openSecretFile } from './secret-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-parameters-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openSecretFile', () => {
  const path = () => join(folder, 'secret');
  const opened = (made: string) => openSecretFile(path(), 'test secret', () => Buffer.from(made)).toString();

  it('makes the file once, for its owner alone', () => {
    expect(opened('first')).toBe('first');
    expect(opened('second')).toBe('first');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secret']);
  });

  it.each([0o644, 0o660, 0o604])('refuses a file of mode %o and leaves it as it is', (mode) => {
    writeFileSync(path(), 'kept', { mode: 0o600 });
    chmodSync(path(), mode);
    expect(() => opened('new')).toThrow(/test secret .*0600/);
    expect(readFileSync(path(), 'utf8')).toBe('kept');
  });

  it('refuses a link', () => {
    writeFileSync(join(folder, 'elsewhere'), 'x', { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), path());
    expect(() => opened('new')).toThrow(/symbolic link/);
  });
});

describe('LocalParameterSource', () => {
  it('gives the same index root at each start', async () => {
    const first = await new LocalParameterSource(folder).get('index-root');
    expect(await new LocalParameterSource(folder).get('index-root')).toBe(first);
    const { active, roots } = JSON.parse(first) as { active: number; roots: Record<string, string> };
    expect(Buffer.from(roots[active] ?? '', 'base64')).toHaveLength(32);
  });

  const source = () => new LocalParameterSource(folder);

  it('is replaced as a whole, for its owner alone, and nothing of the old text stays', async () => {
    const first = await source().get('index-root');
    await source().put('index-root', 'second', first);
    expect(await source().get('index-root')).toBe('second');
    await source().put('index-root', 'third', 'second');
    expect(await source().get('index-root')).toBe('third');
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    expect(statSync(join(folder, files[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, files[0] ?? ''), 'utf8')).toBe('third');
  });

  it('is not replaced by whoever has read an older text', async () => {
    const first = await source().get('index-root');
    await source().put('index-root', 'second', first);
    await expect(source().put('index-root', 'other', first)).rejects.toThrow(ParameterChanged);
    expect(await source().get('index-root')).toBe('second');
  });

  it('takes one of many replacements of the same text, whoever sends them', async () => {
    const first = await source().get('index-root');
    const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
    const done = await Promise.allSettled(texts.map((text) => source().put('index-root', text, first)));
    const taken = texts.filter((_, n) => done[n]?.status === 'fulfilled');
    expect(taken).toEqual([await source().get('index-root')]);
  });

  it('counts the newest text when a process was killed between its two steps, and removes the older one', async () => {
    const first = await source().get('index-root');
    writeFileSync(join(folder, 'index-root.2'), 'second', { mode: 0o600 });
    await expect(source().put('index-root', 'other', first)).rejects.toThrow(ParameterChanged);
    expect(await source().get('index-root')).toBe('second');
    expect(readdirSync(folder)).toEqual(['index-root.2']);
  });

  it('does not count what has no number of its own', async () => {
    const first = await source().get('index-root');
    for (const name of ['index-root.1', 'index-root.02', 'index-root.new', 'index-root.9.new', 'other.7'])
      writeFileSync(join(folder, name), 'other', { mode: 0o600 });
    expect(await source().get('index-root')).toBe(first);
  });
});

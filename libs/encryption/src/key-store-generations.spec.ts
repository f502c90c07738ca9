import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SecretFileError } from '@app/configuration';
import { KeyStoreGenerations } from './key-store-generations.js';

let folder: string;
let pointer: string;
/** Two processes that have the key store open. */
let ours: KeyStoreGenerations;
let others: KeyStoreGenerations;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-generations-'));
  pointer = join(folder, 'key-store.lmdb.generation');
  ours = new KeyStoreGenerations(join(folder, 'key-store.lmdb'));
  others = new KeyStoreGenerations(join(folder, 'key-store.lmdb'));
});
afterEach(() => {
  ours.close();
  others.close();
  rmSync(folder, { recursive: true });
});

/** Files of the folder that this process has open, also such as were replaced. */
const descriptors = () =>
  readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(join('/proc/self/fd', descriptor)).startsWith(folder);
    } catch {
      // The one that listed them.
      return false;
    }
  }).length;

describe('the current generation', () => {
  it('is the first without a file, and what the file says as soon as there is one', () => {
    expect(ours.current()).toBe(1);
    others.switchTo(2);
    expect(ours.current()).toBe(2);
    rmSync(pointer);
    expect(ours.current()).toBe(1);
  });

  it('is what another process put in place, at once, however often and however quickly', () => {
    for (let generation = 2; generation < 200; generation++) {
      others.switchTo(generation);
      // Two switches between two looks: the number of the file before the last one is free to come again.
      if (generation % 3 === 0) others.switchTo(++generation);
      expect(ours.current()).toBe(generation);
      expect(ours.current()).toBe(Number(readFileSync(pointer, 'utf8')));
    }
  });

  it('is read anew when the file came back with the times and the size of the one that was read', () => {
    const times = new Date('2026-01-05T09:30:00Z');
    others.switchTo(2);
    utimesSync(pointer, times, times);
    expect(ours.current()).toBe(2);
    const { ino } = statSync(pointer);
    others.switchTo(3);
    utimesSync(pointer, times, times);
    expect(statSync(pointer).ino).not.toBe(ino);
    expect(ours.current()).toBe(3);
  });

  it.each(['', '0\n', '2', '2\n\n', 'two\n'])('is refused from a file that was damaged: %j', (content) => {
    others.switchTo(2);
    expect(ours.current()).toBe(2);
    writeFileSync(pointer, content);
    for (const _ of [1, 2]) {
      expect(() => ours.current()).toThrow('key-store.lmdb.generation does not name a generation');
      expect(() => ours.current()).toThrow(SecretFileError);
    }
    others.switchTo(3);
    expect(ours.current()).toBe(3);
  });

  it('is refused from what cannot be read', () => {
    mkdirSync(pointer);
    expect(() => ours.current()).toThrow('key-store.lmdb.generation cannot be read');
  });

  it('keeps one file open, and none once it is closed or was refused', () => {
    for (const generation of [2, 3, 4]) {
      others.switchTo(generation);
      ours.current();
    }
    expect(descriptors()).toBe(1);
    ours.close();
    expect(descriptors()).toBe(0);
    writeFileSync(pointer, 'two\n');
    expect(() => ours.current()).toThrow(SecretFileError);
    expect(descriptors()).toBe(0);
    others.switchTo(5);
    expect(ours.current()).toBe(5);
  });
});

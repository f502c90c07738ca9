import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LocalParameterSource, ParameterChanged } from '@app/configuration';
import { IndexRoots } from './index-roots.js';
import { RowSeal } from './row-seal.js';

let folder: string;
const open = (refreshSeconds = 60) => IndexRoots.open(new LocalParameterSource(folder), refreshSeconds);
const write = (text: string) => {
  const [file = 'index-root'] = readdirSync(folder);
  writeFileSync(join(folder, file), text, { mode: 0o600 });
};
const root = () => randomBytes(32).toString('base64');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-roots-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('IndexRoots', () => {
  it('are followed by what is derived from them, in every process that reads them again', async () => {
    const [one, other] = [await open(), await open()];
    const seal = new RowSeal(other);
    const before = seal.seal(['row']);
    await one.replace({ active: 2, roots: { ...one.roots, 2: randomBytes(32) } });
    expect(seal.activeVersion).toBe(1);
    await other.refresh();
    expect(seal.activeVersion).toBe(2);
    expect(seal.seal(['row'])).toMatch(/^2\./);
    expect(seal.verify(['row'], before)).toBe(true);
    await one.replace({ active: 2, roots: { 2: one.roots[2] as Uint8Array } });
    await other.refresh();
    expect(seal.verify(['row'], before)).toBe(false);
  });

  it('are read again before they are used when nobody did for two intervals', async () => {
    const [one, recent, late] = [await open(), await open(), await open(0)];
    await one.replace({ active: 2, roots: { ...one.roots, 2: randomBytes(32) } });
    expect(recent.recent()).toBeUndefined();
    expect(recent.active).toBe(1);
    await late.recent();
    expect(late.active).toBe(2);
    for (const file of readdirSync(folder)) writeFileSync(join(folder, file), 'MARKED', { mode: 0o600 });
    await expect(late.recent()).resolves.toBeUndefined();
    expect(late.active).toBe(2);
  });

  it('are as old as the beginning of the read, however long that took', async () => {
    const source = new LocalParameterSource(folder);
    const now = performance.now.bind(performance);
    let aheadMilliseconds = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMilliseconds);
    const get = source.get.bind(source);
    const one = await open();
    const roots = await IndexRoots.open(source, 60);
    // It stands still after it has read, and somebody replaces the roots.
    const read = jest.spyOn(source, 'get').mockImplementationOnce(async (name) => {
      const text = await get(name);
      aheadMilliseconds += 120_000;
      await one.replace({ active: 2, roots: { ...one.roots, 2: randomBytes(32) } });
      return text;
    });
    const underWay = roots.refresh();
    aheadMilliseconds += 120_000;
    await roots.recent();
    await underWay;
    expect(roots.active).toBe(2);
    expect(read).toHaveBeenCalledTimes(2);
    expect(roots.recent()).toBeUndefined();
    clock.mockRestore();
  });

  it('are not replaced by whoever has not read the last change', async () => {
    const [one, other] = [await open(), await open()];
    const next = { active: 1, roots: { ...one.roots, 2: randomBytes(32) } };
    await one.replace(next);
    await expect(other.replace(next)).rejects.toThrow(ParameterChanged);
  });

  it.each([
    ['no JSON', 'MARKED'],
    ['empty', ''],
    ['a list', '["MARKED"]'],
    ['without roots', '{"active":1}'],
    ['with a short root', '{"active":1,"roots":{"1":"TUFSS0VE"}}'],
    ['without the active root', `{"active":2,"roots":{"1":"${root()}"}}`],
    ['with a version that is no number', `{"active":1,"roots":{"1":"${root()}","MARKED":"${root()}"}}`],
    ['with the active root retired', `{"active":1,"roots":{"1":"${root()}"},"retired":[1]}`],
    ['with another root under a version in use', `{"active":1,"roots":{"1":"${root()}"}}`],
    ['with none of the roots in use', `{"active":7,"roots":{"7":"${root()}"}}`],
  ])('that are %s leave the last good ones in use, and the error tells no content', async (_, text) => {
    const roots = await open();
    const { active, roots: before } = roots;
    write(text);
    const error: unknown = await roots.refresh().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain('index-root');
    expect((error as Error).message).not.toMatch(/MARKED|TUFSS0VE/);
    expect(roots.active).toBe(active);
    expect(roots.roots).toBe(before);
  });

  it.each(['MARKED', '', '{"active":2,"roots":{}}'])('that are %j let nothing start', async (text) => {
    write(text);
    await expect(open()).rejects.toThrow(/index-root must be JSON/);
  });

  it('are taken over by an instance that slept while the root it used was replaced', async () => {
    const [one, sleeper] = [await open(), await open()];
    await one.replace({ active: 1, roots: { ...one.roots, 2: randomBytes(32) } });
    await sleeper.refresh();
    await one.replace({ active: 2, roots: { 2: one.roots[2] as Uint8Array } });
    await sleeper.refresh();
    expect(sleeper.active).toBe(2);
  });
});

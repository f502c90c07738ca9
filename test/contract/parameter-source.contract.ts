import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ParameterChanged, ParameterMissing, type ParameterSource } from '@app/configuration';

export interface OpenParameters {
  /** A source of its own for each caller, as processes have; all lead to the same parameters. */
  source: () => ParameterSource;
  close: () => Promise<void>;
}

/** What a ParameterSource promises, on whatever holds the texts. */
export function parameterSourceContract(name: string, open: () => Promise<OpenParameters>): void {
  describe(`parameters on ${name}`, () => {
    let opened: OpenParameters;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const get = () => opened.source().get('index-root');
    const put = async (text: string, expected: string) => opened.source().put('index-root', text, expected);

    it('are read the same by everybody', async () => {
      const text = await get();
      expect(JSON.parse(text)).toMatchObject({ active: 1 });
      expect(await get()).toBe(text);
    });

    it('are missing by their name', async () => {
      const missing = opened.source().get('signing-key-arn');
      await expect(missing).rejects.toThrow(ParameterMissing);
      await expect(missing).rejects.toThrow(/signing-key-arn is missing/);
    });

    it('are replaced as a whole, again and again', async () => {
      await put('second', await get());
      expect(await get()).toBe('second');
      await put('third\nof two lines', 'second');
      expect(await get()).toBe('third\nof two lines');
      await put('second', 'third\nof two lines');
      expect(await get()).toBe('second');
    });

    it('are not replaced by whoever has read an older text', async () => {
      const before = await get();
      await put('newer', before);
      await expect(put('other', before)).rejects.toThrow(ParameterChanged);
      expect(await get()).toBe('newer');
    });

    it('take one of many replacements of the same text, and never show another', async () => {
      const before = await get();
      const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
      const seen = new Set<string>();
      const looks = Array.from({ length: 40 }, async () => seen.add(await get()));
      const done = await Promise.allSettled(texts.map((text) => put(text, before)));
      await Promise.all(looks);
      const taken = texts.filter((_, n) => done[n]?.status === 'fulfilled');
      expect(taken).toEqual([await get()]);
      for (const result of done) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ParameterChanged);
      }
      for (const text of seen) expect([before, ...taken]).toContain(text);
      await put('after all of them', taken[0] ?? '');
      expect(await get()).toBe('after all of them');
    });

    it('name the parameter and no text when they refuse', async () => {
      const secret = 'what nobody may read';
      const refusal = await put(secret, 'another text').catch(String);
      expect(refusal).toContain('index-root');
      expect(refusal).not.toContain(secret);
    });
  });
}

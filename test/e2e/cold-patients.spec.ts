import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient } from '../support/http-client.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

const patients = testConfig.load(400, 10);

const bodyOf = (n: number) => ({
  identifier: [{ system: 'urn:mrn', value: `cold-${n}` }],
  name: [{ family: `Family-${n}` }],
});

/** Smaller than the number of patients, down to one entry that every request throws out again; and larger. */
const caches = [1, 7, patients * 2];

describe(`${patients} patients whose keys are not in memory`, () => {
  let folder: string;
  let ids: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-cold-'));
    ids = Array.from({ length: patients }, () => randomUUID());
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs `use` on a service that has just started on the folder. */
  async function withService<T>(
    cacheEntries: number,
    use: (send: (n: number, method: 'PUT' | 'GET') => Promise<unknown>, service: Service) => Promise<T>,
  ): Promise<T> {
    const service = await startListening({ PHI_KEY_CACHE_ENTRIES: String(cacheEntries) }, folder);
    const client = new HttpClient(await service.app.getUrl(), patients * 2);
    const authorization = await service.bearer();
    const send = async (n: number, method: 'PUT' | 'GET') => {
      const create = method === 'PUT';
      const headers: Record<string, string> = { authorization, ...(create ? { 'if-none-match': '*' } : {}) };
      const body = create ? { body: bodyOf(n) } : {};
      const answer = await client.send({ method, path: `/v1/patients/${ids[n]}`, headers, ...body });
      const { identifier, name } = answer.json<ReturnType<typeof bodyOf>>();
      return { status: answer.status, identifier, name };
    };
    try {
      return await use(send, service);
    } finally {
      client.close();
      await service.stop();
    }
  }

  const everybody = Array.from({ length: patients }, (_, n) => n);

  it.each(caches)(
    'writes and reads all of them at once with room for %d keys',
    async (cacheEntries) => {
      const written = await withService(cacheEntries, (send) =>
        Promise.all(everybody.map((n) => send(n, 'PUT'))),
      );
      expect(written).toEqual(everybody.map((n) => ({ status: 201, ...bodyOf(n) })));

      // Each one twice at a time: the second request for a key waits for the first.
      const twice = [...everybody, ...everybody];
      const { read, calls } = await withService(cacheEntries, async (send, { keyCalls }) => ({
        read: await Promise.all(twice.map((n) => send(n, 'GET'))),
        calls: keyCalls(),
      }));
      expect(read).toEqual(twice.map((n) => ({ status: 200, ...bodyOf(n) })));
      const others = { Encrypt: 0, ReEncrypt: 0, GenerateDataKeyWithoutPlaintext: 0 };
      expect(calls).toMatchObject(others);
      if (cacheEntries >= patients) expect(calls.Decrypt).toBe(patients);
      else expect(calls.Decrypt).toBeGreaterThanOrEqual(patients);
    },
    120_000,
  );

  it('spends 4 calls of the key service on a new patient and none on his next documents', async () => {
    const calls = await withService(patients, async (send, { keyCalls }) => {
      await Promise.all(everybody.map((n) => send(n, 'PUT')));
      await Promise.all(everybody.map((n) => send(n, 'GET')));
      return keyCalls();
    });
    // The key store creates a branch key with three calls; the first use unwraps it.
    expect(calls).toEqual({
      GenerateDataKeyWithoutPlaintext: patients * 2,
      ReEncrypt: patients,
      Decrypt: patients,
      Encrypt: 0,
    });
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { intervalsToFollow } from '@app/encryption';
import { ParametersRefresh } from '../../apps/phi-api/src/parameters-refresh.js';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { storedIndexRoot } from '../support/stored-index-root.js';

const variables = { PHI_KEY_CACHE_TTL_SECONDS: '1', PHI_PARAMETER_REFRESH_SECONDS: '1' };
const birthDate = '1984-05-17';

describe('an instance that stood still while the index roots were replaced', () => {
  let service: Service;
  let client: PhiClient;
  const cli = new BuiltCli();
  const now = performance.now.bind(performance);
  /** How far the clock is ahead of that of the machine. */
  let aheadMilliseconds = 0;

  beforeAll(async () => {
    service = await startListening(variables);
    client = await clientOf(service);
    // As if it were suspended between two of its reads.
    service.app.get(ParametersRefresh).beforeApplicationShutdown();
    jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMilliseconds);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await service.stop();
    cli.remove();
  });

  const patient = (family: string) => ({ name: [{ family }], birthDate, notes: 'none' });

  async function found(family: string): Promise<string[]> {
    const answer = await client.post('/v1/patients/search', { family, birthDate });
    expect(answer.status).toBe(200);
    return answer.body.items.map(({ id }) => id);
  }

  async function reindex(): Promise<void> {
    const environment = { ...service.environment, ...variables };
    const run = await cli.run(['keys', 'reindex', '--rate', '5000', '--json'], environment);
    expect({ ...run, stdout: '' }).toMatchObject({ exitCode: 0, stdout: '' });
  }

  /** Somebody else's step of a reindex, and longer ago than an instance may go on without having read it. */
  async function others(change: (stored: Stored) => Partial<Stored>): Promise<void> {
    const parameter = await storedIndexRoot(service);
    const stored = JSON.parse(parameter.read()) as Stored;
    parameter.write(JSON.stringify({ ...stored, ...change(stored) }));
    aheadMilliseconds += intervalsToFollow * 1000;
  }

  /** @returns the versions of the roots that the patient's index rows stand under */
  async function rootsOf(id: string): Promise<string[]> {
    const head = await service.platform.table.get({
      table: 'records',
      partition: `PATIENT#${id}`,
      sort: 'PROFILE',
    });
    const partitions = head?.attributes['partitions'] as string[];
    return [...new Set(partitions.map((partition) => partition.split('#').at(-2) as string))].sort();
  }

  it('finds a patient whose rows are moved while it searches', async () => {
    const { body } = await client.post('/v1/patients', patient('Moved'));
    const { table } = service.platform;
    const query = table.query.bind(table);
    const searched: string[] = [];
    const held = jest.spyOn(table, 'query').mockImplementation(async (asked) => {
      if (asked.partition.startsWith('INDEX#')) {
        if (searched.length === 0) await reindex();
        searched.push(asked.partition.split('#')[2] as string);
      }
      return query(asked);
    });
    expect(await found('Moved')).toEqual([body.id]);
    expect(searched).toEqual(['1', '2']);
    held.mockRestore();
    expect(await rootsOf(body.id)).toEqual(['2']);
  });

  it('creates, searches and changes under the roots of the others', async () => {
    await others(({ roots }) => ({
      roots: { 2: roots['2'] as string, 3: randomBytes(32).toString('base64') },
      retired: [],
    }));
    const { body, headers } = await client.post('/v1/patients', patient('Made'));
    expect(await rootsOf(body.id)).toEqual(['2', '3']);
    await others(() => ({ active: 3 }));
    const query = jest.spyOn(service.platform.table, 'query');
    expect(await found('Made')).toEqual([body.id]);
    const searched = query.mock.calls.filter(([{ partition }]) => partition.startsWith('INDEX#'));
    expect(searched.map(([{ partition }]) => partition.split('#')[2])).toEqual(['3']);
    query.mockRestore();
    await others(() => ({ retired: [2] }));
    const change = await client.put(`/v1/patients/${body.id}`, patient('Changed'), {
      'if-match': headers['etag'] as string,
    });
    expect(change.status).toBe(200);
    expect(await rootsOf(body.id)).toEqual(['3']);
  });
});

interface Stored {
  active: number;
  roots: Record<string, string>;
  retired?: number[];
}

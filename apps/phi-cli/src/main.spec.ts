import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BuiltCli } from '../test/built-cli.js';
import { bundleOf } from '../test/import-run.js';
import { ServiceStandIn } from '../test/service-stand-in.js';

describe('the phi program', () => {
  let cli: BuiltCli;
  let service: ServiceStandIn;
  let environment: Record<string, string>;
  let file: string;
  beforeAll(() => {
    cli = new BuiltCli();
    file = join(cli.folder, 'bundle.json');
    writeFileSync(file, JSON.stringify(bundleOf('p', 200)));
  });
  afterAll(() => cli.remove());
  beforeEach(async () => {
    service = new ServiceStandIn();
    environment = { PHI_URL: await service.listen(), PHI_TOKEN: ServiceStandIn.token };
  });
  afterEach(() => service.close());

  it('imports, with the token and the address of its environment', async () => {
    const run = await cli.run(['import', '--json', file], environment);
    expect(run).toMatchObject({ exitCode: 0, signal: null });
    expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'done', records: { created: 201 } });
    expect(service.records()).toHaveLength(201);
  });

  it('loses and doubles nothing when it is killed in the middle and run again', async () => {
    // More batches than are under way at a time.
    const records = 1001;
    const many = join(cli.folder, 'many.json');
    writeFileSync(many, JSON.stringify(bundleOf('p', records - 1)));
    let kill = (): void => undefined;
    service.onStored = () => {
      if (service.store.size === 60) kill();
    };
    const killed = await cli.run(['import', '--json', many], environment, (now) => (kill = now));
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    // What the killed process had sent and nobody has read yet must not arrive in the middle of the second run.
    await service.close();
    environment['PHI_URL'] = await service.listen();
    const storedFirst = service.store.size;
    expect(storedFirst).toBeGreaterThanOrEqual(60);
    expect(storedFirst).toBeLessThan(records + 1);

    const repeated = await cli.run(['import', '--json', many], environment);
    expect(repeated.exitCode).toBe(0);
    const summary = JSON.parse(repeated.stdout);
    expect(summary.patients.alreadyThere + summary.records.alreadyThere).toBe(storedFirst);
    expect(service.patients()).toHaveLength(1);
    const values = service.records().map(({ content }) => content['valueInteger']);
    expect(new Set(values).size).toBe(records);
    expect(values).toHaveLength(records);
  });

  it('ends with 1 and 2 where it should, without a stack trace', async () => {
    const missing = await cli.run(['import', 'missing.json'], environment);
    expect(missing.exitCode).toBe(1);
    const unauthorized = await cli.run(['import', file], { ...environment, PHI_TOKEN: 'other' });
    expect(unauthorized.exitCode).toBe(2);
    const nothing = await cli.run([]);
    expect(nothing.exitCode).toBe(2);
    for (const { stderr } of [missing, unauthorized, nothing]) expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('says what to do when it was not built', async () => {
    const unbuilt = BuiltCli.absent();
    try {
      const { exitCode, stderr } = await unbuilt.run(['import', '--help']);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: 'phi: the command line is not built: run npm run build first\n',
      });
    } finally {
      unbuilt.remove();
    }
  });
});

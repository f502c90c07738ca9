import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadedPackages } from '../../docker/prune-modules.mjs';

describe('the bundle, with what the image keeps of node_modules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-bundle-'));
  const environment = { PATH: process.env['PATH'], PHI_DATA_DIR: join(folder, 'data'), PHI_PORT: '0' };
  const program = (name: string) => join(folder, `dist/bin/${name}.mjs`);
  let service: ChildProcess;
  let address: string;

  beforeAll(async () => {
    for (const path of ['dist/bin', 'openapi.json', 'package.json'])
      cpSync(path, join(folder, path), { recursive: true });
    for (const name of loadedPackages('node_modules')) {
      const path = join('node_modules', name);
      cpSync(path, join(folder, path), { recursive: true });
    }
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    service = spawn(process.execPath, [program('phi-api')], {
      cwd: folder,
      env: environment,
      stdio: [...stdio],
    });
    for await (const text of createInterface({ input: service.stdout! })) {
      const line = JSON.parse(text) as { message: string; address: string };
      if (line.message !== 'ready') continue;
      address = line.address;
      break;
    }
  });

  afterAll(async () => {
    service.kill('SIGTERM');
    await once(service, 'exit');
    rmSync(folder, { recursive: true });
  });

  it('serves its documentation', async () => {
    for (const path of ['/docs/', '/docs/swagger-ui.css', '/openapi.json'])
      expect([path, (await fetch(`${address}${path}`)).status]).toEqual([path, 200]);
  });

  it('mints a token, screens and stores a patient, and reads him', async () => {
    const args = [program('phi'), 'token', '--scope', 'system/*.cruds'];
    const token = execFileSync(process.execPath, args, {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    }).trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: [{ family: 'Sample' }], notes: 'Call 202-555-0143.' });
    const created = await fetch(`${address}/v1/patients`, { method: 'POST', headers, body });
    expect(created.status).toBe(201);
    const read = await fetch(`${address}${created.headers.get('location')}`, { headers });
    expect(await read.json()).toMatchObject({ name: [{ family: 'Sample' }], notes: 'Call {PHONE}.' });
  });
});

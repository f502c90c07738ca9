import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { secureContextOf, selfSigned } from '@app/tls';

const probe = 'apps/phi-api/bin/phi-healthy.mjs';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const answering =
  (status: number): RequestListener =>
  (request, response) =>
    response.writeHead(request.url === '/health/live' ? status : 404).end();

async function listen(made: Server, host = '127.0.0.1'): Promise<string> {
  server = made.listen(0, host);
  await once(made, 'listening');
  return String((made.address() as AddressInfo).port);
}

/** @returns exit code of the container's health check */
async function healthy(variables: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [probe], { env: variables, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}

const secure = async (status: number) =>
  createSecureServer(secureContextOf(await selfSigned({ hosts: ['task'], days: 1 })), answering(status));

describe('the health check of the container', () => {
  it.each([
    ['lives', 200, 0],
    ['answers an error', 503, 1],
  ])('asks a service without TLS, which %s', async (_, status, code) => {
    const PHI_PORT = await listen(createServer(answering(status)));
    expect(await healthy({ PHI_PORT })).toBe(code);
    expect(await healthy({ PHI_PORT, PHI_TLS: 'none', PHI_HOST: '0.0.0.0' })).toBe(code);
  });

  it.each([
    ['lives', 200, 0],
    ['answers an error', 503, 1],
  ])('asks a service with TLS, whatever its certificate says, which %s', async (_, status, code) => {
    const PHI_PORT = await listen(await secure(status));
    const ways: Record<string, string>[] = [
      { PHI_TLS: 'self-signed' },
      { PHI_TLS: 'parameters' },
      { PHI_TLS_CERT: 'cert.pem' },
    ];
    for (const way of ways) {
      expect(await healthy({ PHI_PORT, PHI_HOST: '0.0.0.0', ...way })).toBe(code);
    }
  });

  it('asks the way that is configured and no other', async () => {
    expect(await healthy({ PHI_PORT: await listen(await secure(200)), PHI_TLS: 'none' })).toBe(1);
    server?.close();
    expect(
      await healthy({ PHI_PORT: await listen(createServer(answering(200))), PHI_TLS: 'self-signed' }),
    ).toBe(1);
  });

  it('counts as dead when nobody listens', async () => {
    const PHI_PORT = await listen(createServer(answering(200)));
    server?.close();
    expect(await healthy({ PHI_PORT })).toBe(1);
  });

  it('counts as dead when somebody listens and says nothing', async () => {
    const PHI_PORT = await listen(createServer(() => undefined));
    const before = performance.now();
    expect(await healthy({ PHI_PORT })).toBe(1);
    // Fargate and Docker give it five seconds.
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

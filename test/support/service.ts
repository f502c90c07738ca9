import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedConfiguration } from '@app/configuration';
import { createLog } from '@app/observability';
import { openPlatform, type Platform } from '@app/platform';
import supertest from 'supertest';
import { createApp } from '../../apps/phi-api/src/create-app.js';
import { PLATFORM } from '../../apps/phi-api/src/platform.providers.js';
import { environmentOf, issuerOf } from './deployment.js';
import { countKeyCalls, type KeyCalls } from './key-calls.js';

/** The whole service on real ports of a fresh data folder, in this process, on the platform under test. */
export interface Service {
  app: NestFastifyApplication;
  platform: Platform;
  dataFolder: string;
  /** What leads a command or another service to the same data. */
  environment: Readonly<Record<string, string>>;
  /** What the key store asked of KMS since the start. */
  keyCalls(): KeyCalls;
  /** Everything that was logged, as it was written. */
  logged(): string;
  http: ReturnType<typeof supertest>;
  /** @returns an `Authorization` header value */
  bearer(options?: {
    scope?: string;
    subject?: string;
    patient?: string;
    expiresInSeconds?: number;
  }): Promise<string>;
  stop(): Promise<void>;
}

/**
 * @param variables configuration beside the defaults
 * @param dataFolder an existing one is kept when the service stops
 * @param change stands in for a port, e.g. one that fails
 */
export async function startService(
  variables: Record<string, string> = {},
  dataFolder?: string,
  change: (platform: Platform) => Platform = (platform) => platform,
): Promise<Service> {
  const folder = dataFolder ?? mkdtempSync(join(tmpdir(), 'phi-e2e-'));
  const environment = await environmentOf(folder);
  const { config, module: configuration } = await fixedConfiguration({
    ...environment,
    PHI_RATE_LIMIT_PER_MINUTE: '0',
    // A thousand writes at once are answered, not turned away.
    PHI_CONCURRENT_REQUESTS: '10000',
    // A test is not turned away because its machine is busy.
    PHI_TURN_MILLISECONDS: '0',
    // One tester reads of everybody.
    PHI_MASS_READ_PATIENTS_PER_HOUR: '1000000',
    ...variables,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  const app = await createApp({
    config,
    configuration,
    log: createLog('trace', sink),
    openPlatform: async () => change(await openPlatform(config)),
  });
  await app.getHttpAdapter().getInstance().ready();
  const platform = app.get<Platform>(PLATFORM);
  const issuer = await issuerOf(folder);
  const keyCalls = await countKeyCalls(platform);
  return {
    app,
    platform,
    dataFolder: folder,
    environment,
    keyCalls,
    logged: () => lines.join(''),
    http: supertest(app.getHttpServer()),
    async bearer({ scope = 'system/*.cruds', subject = 'tester', patient, expiresInSeconds = 600 } = {}) {
      const request = { scope, subject, expiresInSeconds, ...(patient === undefined ? {} : { patient }) };
      return `Bearer ${await issuer.mint(request)}`;
    },
    async stop() {
      await app.close();
      if (dataFolder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

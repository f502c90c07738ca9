import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedConfiguration } from '@app/configuration';
import { createLog } from '@app/observability';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http/http-server.js';
import { createOpenApiDocument, projectFolder } from './openapi.js';

/** Writes `openapi.json` from the routes without starting anything; with `--check` only says whether it is current. */
async function main(): Promise<void> {
  const { module: configuration, config } = await fixedConfiguration({});
  const module = AppModule.forRoot(configuration, createLog('silent'), () =>
    Promise.reject(new Error('nothing is opened in preview mode')),
  );
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    createHttpAdapter(config, () => Promise.resolve()),
    {
      preview: true,
      logger: false,
      abortOnError: false,
    },
  );
  const text = `${JSON.stringify(createOpenApiDocument(app), undefined, 2)}\n`;
  const path = join(projectFolder(), 'openapi.json');
  if (!process.argv.includes('--check')) return writeFileSync(path, text);
  if (readFileSync(path, 'utf8') === text) return;
  process.stderr.write(
    'openapi.json is not what the routes say: run `npm run openapi` and commit the difference\n',
  );
  process.exitCode = 1;
}

await main();

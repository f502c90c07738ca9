import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { type PhiConfig } from '@app/configuration';
import { type Log, NestLog } from '@app/observability';
import { type Platform } from '@app/platform';
import { useContainer } from 'class-validator';
import { AppModule } from './app.module.js';
import { createHttpAdapter, setUpHttp } from './http/http-server.js';
import { readOpenApiDocument } from './openapi.js';

interface AppParts {
  config: PhiConfig;
  configuration: DynamicModule;
  log: Log;
  openPlatform: () => Promise<Platform>;
}

/** @returns the service, ready to listen */
export async function createApp({
  config,
  configuration,
  log,
  openPlatform,
}: AppParts): Promise<NestFastifyApplication> {
  const adapter = createHttpAdapter(config);
  setUpHttp(adapter.getInstance(), log, config.PHI_TLS_CERT !== undefined);
  const module = AppModule.forRoot(configuration, log, openPlatform);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(log),
    abortOnError: false,
  });
  useContainer(app.select(module), { fallbackOnErrors: true });
  SwaggerModule.setup('docs', app, readOpenApiDocument, {
    customSiteTitle: 'Healthcare Security Platform',
    jsonDocumentUrl: 'openapi.json',
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
    },
  });
  await app.init();
  return app;
}

import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { type PhiConfig, recordTypes, speaksTls } from '@app/configuration';
import { type Log, NestLog } from '@app/observability';
import { type Platform } from '@app/platform';
import { answerRefusal, RefusalRecorder } from '@app/problem-details';
import { AppModule } from './app.module.js';
import { Lifecycle } from './health/lifecycle.js';
import { Admission } from './http/admission.js';
import { corsOptions, createHttpAdapter, letGoOfConnections, setUpHttp } from './http/http-server.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { readOpenApiDocument } from './openapi.js';
import { permitRecordTypes } from './records/record-type.validator.js';

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
  const adapter = createHttpAdapter(config, (error, request, reply) =>
    answerRefusal(app.get(RefusalRecorder), error, request, reply),
  );
  setUpHttp(adapter.getInstance(), log, speaksTls(config));
  const module = AppModule.forRoot(configuration, log, openPlatform);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(log),
    abortOnError: false,
    // Nest's own parsers would take forms as well.
    bodyParser: false,
  });
  const origins = config.PHI_CORS_ORIGINS.filter((origin) => origin !== '');
  // Closed unless configured, and never with credentials: tokens are no cookies (OWASP ASVS 5, 3.4.2).
  if (origins.length > 0) app.enableCors(corsOptions(origins));
  letGoOfConnections(adapter.getInstance(), app.get(Lifecycle));
  const requests = app.get(RequestMetrics);
  adapter.getInstance().addHook('onResponse', (_request, reply, done) => {
    requests.answered(reply.statusCode, reply.elapsedTime);
    done();
  });
  app.get(Admission).attach(adapter.getInstance(), speaksTls(config));
  permitRecordTypes(recordTypes(config.PHI_RECORD_TYPES));
  SwaggerModule.setup('docs', app, readOpenApiDocument, {
    customSiteTitle: 'Healthcare Security Platform',
    jsonDocumentUrl: 'openapi.json',
    swaggerOptions: {
      displayRequestDuration: true,
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
    },
  });
  await app.init();
  return app;
}

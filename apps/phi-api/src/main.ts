import { ConfigurationError, loadConfiguration, type PhiConfig } from '@app/configuration';
import { createLog, type Log } from '@app/observability';
import { openPlatform, type Platform } from '@app/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './create-app.js';
import { Lifecycle } from './health/lifecycle.js';
import { PLATFORM } from './platform.providers.js';
import { welcome } from './welcome.js';

/** What is under way when nothing more is taken gets no longer than this; the orchestrator kills after it anyway. */
const closeAtMostMilliseconds = 10_000;

async function start(): Promise<void> {
  const { module: configuration, config } = await loadConfiguration();
  const log = createLog(config.PHI_LOG_LEVEL);
  // Before the framework, which would log a stack of what an operator has to mend.
  const platform = await openPlatform(config);
  const app = await createApp({ config, configuration, log, openPlatform: async () => platform });
  await app.listen(config.PHI_PORT, config.PHI_HOST);
  stopOnSignals(app, config, log);
  await announce(app, config, log);
}

async function announce(app: NestFastifyApplication, config: PhiConfig, log: Log): Promise<void> {
  const address = (await app.getUrl()).replace('[::1]', 'localhost');
  const milliseconds = Math.round(performance.now());
  log.info({ address, platform: config.PHI_PLATFORM, stage: config.PHI_STAGE, milliseconds }, 'ready');
  const text = await welcome(address, config, app.get<Platform>(PLATFORM));
  if (text !== undefined) process.stderr.write(text);
}

/** As PID 1 of a container nobody else handles SIGTERM: send everybody elsewhere, answer what is under way, then close. */
function stopOnSignals(app: NestFastifyApplication, { PHI_DRAIN_SECONDS }: PhiConfig, log: Log): void {
  const stop = (signal: string) => {
    const lifecycle = app.get(Lifecycle);
    if (lifecycle.draining) return;
    lifecycle.draining = true;
    log.info({ signal }, 'draining');
    setTimeout(() => close(app, log), PHI_DRAIN_SECONDS * 1000);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

function close(app: NestFastifyApplication, log: Log): void {
  setTimeout(() => process.exit(1), closeAtMostMilliseconds).unref();
  app.close().then(
    () => log.info('stopped'),
    (error: unknown) => {
      log.error({ error }, 'could not stop in good order');
      process.exitCode = 1;
    },
  );
}

start().catch((error: unknown) => {
  // Errors of the start name files, variables and ports of the operator's, never patient data.
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${error instanceof ConfigurationError ? '' : 'The service could not start: '}${message}\n`,
  );
  process.exit(1);
});

import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyService } from '@manifold/auth';
import { configOfProcess, forgetSecretsOfProcess, warningsOfProcess, type Config } from '@manifold/config';
import { createLog, GatewayHealth } from '@manifold/observability';
import { SealingUpgrade } from '@manifold/secrets';
import { Store } from '@manifold/store';
import { Drain } from '@manifold/transport';
import { banner, productionBanner } from './banner.js';
import { prepareDataDir } from './data-dir.js';
import { untilDatabaseAnswers } from './database.js';
import { createGateway } from './http-server.js';
import { SEALED_COLLECTIONS } from './sealed-collections.js';

/** Milliseconds after which a shutdown that hangs is aborted. It is longer than the wait for calls in flight. */
const SHUTDOWN_LIMIT_MS = 40_000;

type Log = ReturnType<typeof createLog>;

/** Ends the process with one readable line instead of a stack. */
function refuse(error: unknown): never {
  process.stderr.write(`Manifold cannot start: ${readable(error)}\n`);
  process.exit(1);
}

function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use (set PORT to another one)`;
  if (code === 'EACCES' && port !== undefined) return `port ${port} may not be opened by this user`;
  return error.message;
}

function stopOnSignals(app: NestFastifyApplication, delayMs: number, log: Log): void {
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'the gateway stops');
    setTimeout(() => process.exit(1), delayMs + SHUTDOWN_LIMIT_MS).unref();
    leave(app, delayMs).then(
      () => {
        log.info('the gateway has stopped');
        log.flush();
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`Manifold did not stop cleanly: ${readable(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Reports that the gateway is stopping, waits while load balancers may still send requests, and closes the gateway. */
async function leave(app: NestFastifyApplication, delayMs: number): Promise<void> {
  app.get(GatewayHealth, { strict: false }).leave();
  app.get(Drain, { strict: false }).refuseNew();
  if (app.getHttpServer().listening) await pause(delayMs);
  await app.close();
}

async function run(config: Config): Promise<void> {
  prepareDataDir(config.dataDir);
  const log = createLog(config.logLevel);
  // No input of a client or upstream may end the process: an unhandled rejection is logged.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled promise rejection'));
  for (const warning of warningsOfProcess()) log.warn(warning);
  forgetSecretsOfProcess();
  const app = await createGateway(config, log);
  stopOnSignals(app, config.shutdownDelayMs, log);
  await untilDatabaseAnswers(app.get(Store), log);
  await app.get(SealingUpgrade, { strict: false }).run(SEALED_COLLECTIONS);
  await app.listen(config.port, config.host);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  log.info({ url }, 'listening');
  if (config.environment === 'development') process.stdout.write(`${banner(config, url)}\n`);
  else process.stderr.write(`${productionBanner(config, url, await hasKeys(app))}\n`);
}

/** Tells whether there is an API key. If the database does not answer, the hint is left out and the start continues. */
const hasKeys = (app: NestFastifyApplication): Promise<boolean> =>
  app
    .get(ApiKeyService, { strict: false })
    .hasKeys()
    .catch(() => true);

try {
  await run(configOfProcess());
} catch (error) {
  refuse(error);
}

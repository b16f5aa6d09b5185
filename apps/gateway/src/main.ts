import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configOfProcess, type Config } from '@manifold/config';
import { createLog, GatewayHealth } from '@manifold/observability';
import { Store } from '@manifold/store';
import { Drain } from '@manifold/transport';
import { banner } from './banner.js';
import { prepareDataDir } from './data-dir.js';
import { untilDatabaseAnswers } from './database.js';
import { createGateway } from './http-server.js';

/** Milliseconds after which a shutdown that hangs is cut off: longer than calls in flight are waited for. */
const SHUTDOWN_LIMIT_MS = 40_000;

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

function stopOnSignals(app: NestFastifyApplication, delayMs: number, flush: () => void): void {
  const stop = (): void => {
    setTimeout(() => process.exit(1), delayMs + SHUTDOWN_LIMIT_MS).unref();
    leave(app, delayMs).then(
      () => {
        flush();
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

/** Says first that no new work should come: for a time after that, load balancers still send some. */
async function leave(app: NestFastifyApplication, delayMs: number): Promise<void> {
  app.get(GatewayHealth, { strict: false }).leave();
  app.get(Drain, { strict: false }).refuseNew();
  if (app.getHttpServer().listening) await pause(delayMs);
  await app.close();
}

async function run(config: Config): Promise<void> {
  prepareDataDir(config.dataDir, config.hosting.runAs !== undefined);
  const log = createLog(config.logLevel);
  // Nothing that a client or an upstream sends may end the process: a promise that nobody awaited is a fault to report, not to die of.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody listened'));
  const app = await createGateway(config, log);
  stopOnSignals(app, config.shutdownDelayMs, () => log.flush());
  await untilDatabaseAnswers(app.get(Store), log);
  await app.listen(config.port, config.host);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  log.info({ url }, 'listening');
  if (config.environment === 'development') process.stdout.write(`${banner(config, url)}\n`);
}

try {
  await run(configOfProcess());
} catch (error) {
  refuse(error);
}

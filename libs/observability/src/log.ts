import type { LoggerService } from '@nestjs/common';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';
import { redacted } from './redacted.js';

/** JSON lines on stdout, written in batches: a tool call does not wait for its log line. */
export function createLog(level: Level | 'silent', stream: DestinationStream = batched()): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      serializers: { err: errorFields },
    },
    stream,
  );
}

const batched = (): DestinationStream => destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 250 });

/** What of an error goes into the log: its chain of causes, without the fields that libraries hang on errors (requests, headers, configuration). */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: errorFields(error.cause) }),
  };
}

/** Contexts of Nest whose messages at the start (each module, each route) are for its own debugging. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'MongooseModule',
]);

/** Nest's `Logger` on pino: `logger.warn({ msg, ...fields })` becomes one JSON line with its context. */
export class PinoLogger implements LoggerService {
  constructor(private readonly log_: Logger) {}

  log = (message: unknown, ...rest: unknown[]): void => this.write('info', message, rest);
  error = (message: unknown, ...rest: unknown[]): void => this.write('error', message, rest);
  warn = (message: unknown, ...rest: unknown[]): void => this.write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]): void => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]): void => this.write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]): void => this.write('fatal', message, rest);

  /** Nest hands the context over as the last of the further parameters. */
  private write(wanted: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const level = isRepeated(wanted, context) ? 'debug' : wanted;
    if (!this.log_.isLevelEnabled(level)) return;
    if (message instanceof Error) return this.log_[level]({ context, err: message }, message.message);
    if (typeof message === 'object' && message !== null) return this.log_[level]({ context, ...message });
    this.log_[level]({ context }, String(message));
  }
}

/** What the framework says of its start, and of a port that it cannot open: `main.ts` says that in words for people. */
const isRepeated = (level: Level, context: unknown): boolean =>
  FRAMEWORK.has(context) && (level === 'info' || context === 'NestApplication');

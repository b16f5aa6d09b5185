import type { LoggerService } from '@nestjs/common';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';
import { redacted } from './redacted.js';

/** Creates a log that writes JSON lines to stdout in batches, so that a tool call does not wait for its log line. */
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

/**
 * Returns the fields of an error for the log, with its chain of causes. Fields that libraries add to errors (requests, headers,
 * configuration) are left out.
 */
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

/** Contexts of Nest whose start messages (each module, each route) only help to debug Nest itself. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'MongooseModule',
]);

/** Connects Nest's `Logger` to pino: `logger.warn({ msg, ...fields })` becomes one JSON line with its context. */
export class PinoLogger implements LoggerService {
  constructor(private readonly log_: Logger) {}

  log = (message: unknown, ...rest: unknown[]): void => this.write('info', message, rest);
  error = (message: unknown, ...rest: unknown[]): void => this.write('error', message, rest);
  warn = (message: unknown, ...rest: unknown[]): void => this.write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]): void => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]): void => this.write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]): void => this.write('fatal', message, rest);

  /** Writes a message. Nest passes the context as the last of the further parameters. */
  private write(wanted: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const level = isRepeated(wanted, context) ? 'debug' : wanted;
    if (!this.log_.isLevelEnabled(level)) return;
    if (message instanceof Error) return this.log_[level]({ context, err: message }, message.message);
    if (typeof message === 'object' && message !== null) return this.log_[level]({ context, ...message });
    this.log_[level]({ context }, String(message));
  }
}

/**
 * Tells whether the framework's message about the start, or about a port that it cannot open, is redundant: the gateway reports both in
 * plain words.
 */
const isRepeated = (level: Level, context: unknown): boolean =>
  FRAMEWORK.has(context) && (level === 'info' || context === 'NestApplication');

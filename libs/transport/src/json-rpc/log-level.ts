import { invalidParams } from './json-rpc-error.js';

/** Log levels from the least to the most severe (RFC 5424, section 6.2.1). */
const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** @throws JsonRpcError -32602 */
export function readLogLevel(value: unknown): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (!level) throw invalidParams(`The log level must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

/** Returns whether a client that asked for `least` receives a message of this level. Unknown levels pass: their severity is unknown. */
export const isLogged = (level: string, least: LogLevel): boolean => {
  const severity = (LOG_LEVELS as readonly string[]).indexOf(level);
  return severity < 0 || severity >= LOG_LEVELS.indexOf(least);
};

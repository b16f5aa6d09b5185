import { invalidParams } from './json-rpc-error.js';

/** From the least to the most severe (RFC 5424, section 6.2.1). */
const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** @throws JsonRpcError -32602 */
export function readLogLevel(value: unknown): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (!level) throw invalidParams(`The log level must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

/** Levels that nobody knows are let through: they may be anything. */
export const isLogged = (level: string, least: LogLevel): boolean => {
  const severity = (LOG_LEVELS as readonly string[]).indexOf(level);
  return severity < 0 || severity >= LOG_LEVELS.indexOf(least);
};

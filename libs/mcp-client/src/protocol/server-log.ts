import type { LogMessage } from '@manifold/tool-provider';
import type { LogLine } from './log-ring.js';

const ERRORS = ['error', 'critical', 'alert', 'emergency'];
const MAX_LENGTH = 4096;

/** Formats a `notifications/message` of a server as a line of its log. */
export function logLine({ level, logger, data }: LogMessage): [line: string, level: LogLine['level']] {
  const source = typeof logger === 'string' ? `${logger}: ` : '';
  const text = typeof data === 'string' ? data : textOf(data);
  return [`[${level}] ${source}${text}`.slice(0, MAX_LENGTH), ERRORS.includes(level) ? 'error' : 'info'];
}

function textOf(data: unknown): string {
  try {
    return JSON.stringify(data) ?? '';
  } catch {
    return '(nested too deep)';
  }
}

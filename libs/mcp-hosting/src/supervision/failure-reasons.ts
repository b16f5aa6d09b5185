import type { LogRing } from '@manifold/mcp-client';
import { HIDDEN } from '../model/confidential-texts.js';
import type { ServerRecord } from '../model/server-record.js';

/** Number of stderr lines in the report on a configuration that does not work. */
const LAST_LINES = 10;
const SAYS_NEED =
  /\b(?:required|requires?|missing|not (?:set|defined|provided|configured|specified|found)|must (?:be|have|provide|set|specify)|please (?:set|provide|specify|define|add)|needs?|undefined|KeyError|set)\b/i;
/** A name of an environment variable: capitals with an underscore, or with a usual ending. */
const VARIABLE =
  /(?<![\w-])(?!ERR_|E[A-Z]+\b)(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{2,}(?:KEY|TOKEN|SECRET|PASSWORD|URL|URI))(?![\w-])/;
const REPORT = /^(?:MODULE_NOT_FOUND|UNABLE_TO_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|RUST_BACKTRACE)$/;

/** Returns the name of the environment variable without which a program ended, according to its last words. */
export function missingVariable(reason: string, { transport }: ServerRecord): string | undefined {
  if (transport.transportType !== 'stdio' || !SAYS_NEED.test(reason)) return undefined;
  const name = VARIABLE.exec(reason)?.[0];
  return name === undefined || REPORT.test(name) || name in transport.env ? undefined : name;
}

/** Adds the request that sets a missing variable to the reason. The placeholder keeps the values that are stored. */
export function withRequest(reason: string, variable: string, { name, transport }: ServerRecord): string {
  const known = transport.transportType === 'stdio' ? Object.keys(transport.env) : [];
  const env = Object.fromEntries([...known.map((key) => [key, HIDDEN]), [variable, '...']]);
  const request = `PUT /mcp/servers/${name} with ${JSON.stringify({ env })}`;
  return `${reason}. It needs ${variable}: send ${request}, or give it a secret of this name`;
}

/** Adds the last lines on stderr to the reason why a configuration does not work. */
export function withLastLines(reason: string, log: LogRing): string {
  const lines = log.lines().filter(({ level, message }) => level === 'error' && message !== reason);
  return [reason, ...lines.slice(-LAST_LINES).map(({ message }) => message)].join('\n');
}

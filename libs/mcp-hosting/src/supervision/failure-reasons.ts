import type { LogRing } from '@manifold/mcp-client';
import { HIDDEN } from '../model/confidential-texts.js';
import type { ServerRecord } from '../model/server-record.js';

/** Number of stderr lines in the report on a configuration that does not work. */
const LAST_LINES = 10;
/** A name in capitals with an underscore, or with a usual ending. */
const NAME = String.raw`[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{2,}(?:KEY|TOKEN|SECRET|PASSWORD|URL|URI)|TOKEN`;
/** Between a name and the words about it: quotes, brackets, and words such as "environment variable". */
const BETWEEN = String.raw`["'\x60]?(?: (?:env(?:ironment)?|required|variables?|vars?|value|is|was|are|has|to be|not|the|your|an?|valid|either|or|and|for|in|,)|[:,()]|["'\x60]){0,8}`;
const NEEDS = String.raw`required|missing|must be|not set|unset|not defined|undefined|not provided|not configured|not specified|not found|needed|empty`;
/** The name of a variable with words next to it that say that it is missing. */
const PATTERNS = [
  new RegExp(String.raw`(?<![\w-])(${NAME})(?![\w-])${BETWEEN} ?(?:${NEEDS})\b`),
  new RegExp(
    String.raw`\b(?:${NEEDS}|requires?|needs?|set|provide|specify|define|add|export)\b${BETWEEN} ?["'\x60]?(?<![\w-])(${NAME})(?![\w-])`,
    'i',
  ),
  /KeyError: ['"]([A-Z][A-Z0-9_]{2,})['"]/,
  /"path": \[ "([A-Z][A-Z0-9_]{2,})" \][^{}]*"message": "Required"/,
];
/** Codes of errors, which are no variables. */
const CODE =
  /^(?:ERR_|E[A-Z]+$|EAI_|UND_|CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|MODULE_NOT_FOUND$|RUST_BACKTRACE$|PERMISSION_DENIED$|NOT_FOUND$|INVALID_ARGUMENT$|FAILED_PRECONDITION$|ALREADY_EXISTS$|RESOURCE_EXHAUSTED$|OUT_OF_RANGE$|DEADLINE_EXCEEDED$|DATA_LOSS$|CONNECTION_)|_ERR_|_ERROR$|_REFUSED$|_DENIED$/;

/** Returns the name of the environment variable without which a program ended, according to its last words. */
export function missingVariable(reason: string, { transport }: ServerRecord): string | undefined {
  if (transport.transportType !== 'stdio') return undefined;
  const names = PATTERNS.flatMap((pattern) => pattern.exec(reason)?.[1] ?? []);
  return names.find((name) => /^[A-Z0-9_]+$/.test(name) && !CODE.test(name) && !(name in transport.env));
}

/** Words of a program that ended because a setting is missing, which no restart gives it. */
const SETTING = String.raw`arguments?|options?|flags?|parameters?|environment|env|variables?|api[ _-]?keys?|tokens?|credentials?|settings?|config(?:uration)?`;
const LACKS = String.raw`missing|required|not set|must be set|must be provided|not provided|please (?:set|provide|specify)`;
const LACKS_SETTING = new RegExp(
  String.raw`\b(?:${LACKS})\b[^.;]{0,60}\b(?:${SETTING})\b|\b(?:${SETTING})\b[^.;]{0,60}\b(?:${LACKS})\b`,
  'i',
);
/** Words of a failure that may pass by itself, such as that of a service from which a program reads its settings. */
const PASSING =
  /\b(?:ECONN\w+|EAI_\w+|ENOTFOUND|EPIPE|ENET\w+|EHOST\w+|ETIMEDOUT|timed out|time-?out|deadline exceeded|connection refused|unreachable|unavailable|try again|retry|retries|50[0234])\b/i;

/** The diagnosis of a failure: the reason in words, and whether only a change of the settings helps. */
export interface Diagnosis {
  readonly words: string;
  readonly needsChange: boolean;
}

export function diagnosisOf(reason: string, record: ServerRecord): Diagnosis {
  const missing = missingVariable(reason, record);
  const mayPass = PASSING.test(reason);
  if (missing !== undefined) return { words: withRequest(reason, missing, record), needsChange: !mayPass };
  const hasEnded = reason.startsWith('The server exited with code ');
  return { words: reason, needsChange: hasEnded && LACKS_SETTING.test(reason) && !mayPass };
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

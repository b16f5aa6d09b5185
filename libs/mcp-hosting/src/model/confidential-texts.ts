/** Part of a text. A part with a name is confidential. */
export interface Piece {
  readonly text: string;
  /** Name of the part, such as the parameter of a URL. Several parts of one text may have the same name. */
  readonly name?: string;
}

/** Placeholder for a confidential value. A client that sends it back keeps the stored value. */
export const HIDDEN = '[hidden]';
/** Placeholder in exported documents, which an operator replaces by the value: `${input:remote.headers.Authorization}`. */
const REFERENCE = /^\$\{input:[^{}]*\}$/;

/** Returns whether a text stands for a stored value. */
export const isPlaceholder = (text: string): boolean => text === HIDDEN || REFERENCE.test(text);

/** Names of flags and variables whose value is a credential. */
const CONFIDENTIAL_NAME =
  /(?:authorization|cookie|token|secret|passwd|passphrase|credentials?|api[-_]?key|[-_.]key|^-*key|[-_.]pat|[-_]auth)$|password/i;
/** Forms of keys that are known from their start. */
const KNOWN_KEY =
  /^(?:(?:bearer|basic)\s+\S|(?:sk|pk|rk)[-_][\w-]{16}|gh[opsur]_\w{20}|github_pat_|glpat-|xox[a-z]-|npm_\w{20}|AKIA[A-Z0-9]{12}|AIza[\w-]{20}|eyJ[\w-]+\.)/i;
const LETTERS_AND_DIGITS = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w+=~-]{20,}$/;
const HEX = /^(?=.*[a-f])(?=.*\d)[0-9a-f]{32,}$/i;

const looksLikeKey = (text: string): boolean => KNOWN_KEY.test(text) || LETTERS_AND_DIGITS.test(text) || HEX.test(text);

/** Scheme, user info, host and path, query, fragment. */
const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/?#]*)@)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;

/** Splits a URL: its user info, the values of its query, its fragment and path segments that look like keys are confidential. */
export function urlPieces(url: string): Piece[] {
  const [, scheme, user, path, query, fragment] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined || path === undefined) return [{ text: url }];
  return [
    { text: scheme },
    ...(user === undefined ? [] : [{ text: user, name: 'userinfo' }, { text: '@' }]),
    ...joined('/', path.split('/').map(segmentPieces)),
    ...(query === undefined ? [] : [{ text: '?' }, ...joined('&', query.split('&').map(parameterPieces))]),
    ...(fragment === undefined ? [] : [{ text: '#' }, { text: fragment, name: 'fragment' }]),
  ];
}

const segmentPieces = (text: string): Piece[] =>
  looksLikeKey(text) || isPlaceholder(text) ? [{ text, name: 'path' }] : [{ text }];

function parameterPieces(text: string): Piece[] {
  const equals = text.indexOf('=');
  if (equals === -1) return text === '' ? [] : [{ text, name: 'query' }];
  return [{ text: text.slice(0, equals + 1) }, { text: text.slice(equals + 1), name: text.slice(0, equals) }];
}

const joined = (separator: string, parts: readonly Piece[][]): Piece[] =>
  parts.flatMap((pieces, index) => (index === 0 ? pieces : [{ text: separator }, ...pieces]));

const ASSIGNMENT = /^(-{0,2}[A-Za-z_][\w.-]*)(=)(.*)$/s;
/** So many assignments in one text are taken apart: `--env=NAME=value` has two. */
const MOST_ASSIGNMENTS = 3;
const HEADER = /^([A-Za-z][\w-]*)(:\s*)(.+)$/s;

/** Splits the arguments of a program: what looks like a key, follows a flag of a credential, or is confidential in a URL is confidential. */
export function argumentPieces(args: readonly string[]): Piece[][] {
  return args.map((text, index) => {
    const flag = args[index - 1];
    const isValue = flag?.startsWith('-') && !flag.includes('=') && CONFIDENTIAL_NAME.test(flag);
    if (isValue && !text.startsWith('-')) return [{ text, name: flag }];
    // A flag with a value of its own is no name: the value may be confidential.
    return valuePieces(text, flag?.startsWith('-') && !flag.includes('=') && !looksLikeKey(flag) ? flag : 'argument');
  });
}

function valuePieces(text: string, name: string, depth = 0): Piece[] {
  if (isPlaceholder(text) || looksLikeKey(text)) return [{ text, name }];
  const [, label, sign, value] = ASSIGNMENT.exec(text) ?? HEADER.exec(text) ?? [];
  if (label === undefined || value === undefined) return urlPieces(text);
  if (value !== '' && CONFIDENTIAL_NAME.test(label)) return [{ text: `${label}${sign}` }, { text: value, name: label }];
  if (sign !== '=' || depth === MOST_ASSIGNMENTS) return urlPieces(text);
  return [{ text: `${label}${sign}` }, ...valuePieces(value, label, depth + 1)];
}

/** @param placeholder returns the placeholder for a part of this name */
export const hiddenText = (pieces: readonly Piece[], placeholder: (name: string) => string): string =>
  pieces.map(({ text, name }) => (name === undefined || text === '' ? text : placeholder(name))).join('');

import { stripVTControlCharacters } from 'node:util';

const MAX_LENGTH = 2000;
/** What could move the cursor, reverse the text or forge a line when an operator looks at it (threat 27). */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const CREDENTIALS =
  /(?<=:\/\/)[^\s/]+(?=@)|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}|\bnpm_[A-Za-z0-9]{20,}|(?<=_(?:authToken|auth|password)=)\S+/gi;

/** A line that may be shown: without credentials, control characters and excess length. */
export function safeLine(line: string): string {
  // Cleaned before it is searched for credentials, and cut only afterwards: neither may split one.
  const clean = stripVTControlCharacters(line).replaceAll('\t', ' ').replace(INVISIBLE, '');
  return clean.replace(CREDENTIALS, '[hidden]').slice(0, MAX_LENGTH);
}

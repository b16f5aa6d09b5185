import { stripVTControlCharacters } from 'node:util';

const MAX_LENGTH = 2000;
/** Characters that could move the cursor, reverse the text or forge a line when an operator reads it (threat 27). */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const CREDENTIALS =
  /(?<=:\/\/)[^\s/]+(?=@)|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}|\bnpm_[A-Za-z0-9]{20,}|(?<=_(?:authToken|auth|password)=)\S+/gi;

/** Returns a line that is safe to display: without credentials and control characters, and cut to MAX_LENGTH. */
export function safeLine(line: string): string {
  // Control characters are removed before the search for credentials, and the line is cut after it: neither may split a credential.
  const clean = stripVTControlCharacters(line).replaceAll('\t', ' ').replace(INVISIBLE, '');
  return clean.replace(CREDENTIALS, '[hidden]').slice(0, MAX_LENGTH);
}

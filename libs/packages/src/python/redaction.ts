import type { PackageIndexes } from './package-indexes.js';

/** Minimum length of a secret to be replaced. Shorter texts may occur by chance; inside a URL they are removed anyway. */
const LEAST_LENGTH = 4;

/**
 * Returns a function that removes addresses and credentials from pip's output. A URL keeps only its scheme, its host and the last part of its
 * path, because some indexes have their token in the path.
 */
export function redactor({ indexUrl, extraIndexUrl }: PackageIndexes): (line: string) => string {
  const urls = [indexUrl, extraIndexUrl].filter((url) => url !== undefined).map((url) => new URL(url));
  const secrets = urls.flatMap(({ username, password, pathname }) => [
    ...[username, password].flatMap((value) => [value, decoded(value)]),
    pathname.replace(/\/+(simple\/*)?$/, ''),
  ]);
  const longFirst = [...new Set(secrets)]
    .filter(({ length }) => length >= LEAST_LENGTH)
    .sort((a, b) => b.length - a.length);
  return (line) => longFirst.reduce((text, secret) => text.replaceAll(secret, '…'), withoutAddresses(line));
}

const withoutAddresses = (line: string): string =>
  line.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]*[^\s'"<>:;,.)]/gi, short);

function short(address: string): string {
  const url = URL.parse(address);
  if (!url) return '…';
  const last = /[^/]+\/?$/.exec(url.pathname)?.[0] ?? '';
  const path = url.pathname === `/${last}` ? url.pathname : `/…/${last}`;
  return `${url.protocol}//${url.host}${path}`;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

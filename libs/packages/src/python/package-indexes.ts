import type { PythonSettings } from './python-settings.js';
import { indexUrl } from './python-grammar.js';

/** Indexes in which pip searches for packages. The URLs may contain credentials. */
export interface PackageIndexes {
  readonly indexUrl?: string;
  readonly extraIndexUrl?: string;
}

/**
 * Returns the indexes of a request; for each index that the request does not name, the operator's one.
 * @throws PackageNotAllowedError
 */
export function indexesOf(asked: PackageIndexes, settings: PythonSettings): PackageIndexes {
  const main = asked.indexUrl ?? settings.indexUrl;
  const extra = asked.extraIndexUrl ?? settings.extraIndexUrl;
  return {
    indexUrl: main === undefined ? undefined : indexUrl(main, 'pipIndexUrl'),
    extraIndexUrl: extra === undefined ? undefined : indexUrl(extra, 'pipExtraIndexUrl'),
  };
}

/** Returns pip's environment variables for the indexes. Command-line arguments would be visible in process lists. */
export function indexEnvironment({ indexUrl, extraIndexUrl }: PackageIndexes): Record<string, string> {
  const plain = [indexUrl, extraIndexUrl].filter((url) => url?.startsWith('http:')).map((url) => new URL(url!).host);
  return {
    ...(indexUrl !== undefined && { PIP_INDEX_URL: indexUrl }),
    ...(extraIndexUrl !== undefined && { PIP_EXTRA_INDEX_URL: extraIndexUrl }),
    // Without this, pip ignores an http index that is not on loopback. The setting also turns off certificate checks for the host, but an
    // http index has never authenticated its host anyway.
    ...(plain.length > 0 && { PIP_TRUSTED_HOST: plain.join(' ') }),
  };
}

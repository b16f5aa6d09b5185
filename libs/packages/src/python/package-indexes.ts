import type { PythonSettings } from './python-settings.js';
import { indexUrl } from './python-grammar.js';

/** Where packages are looked for. The URLs may hold credentials. */
export interface PackageIndexes {
  readonly indexUrl?: string;
  readonly extraIndexUrl?: string;
}

/**
 * The indexes of a request, and the operator's where it names none.
 * @throws NotAllowed
 */
export function indexesOf(asked: PackageIndexes, settings: PythonSettings): PackageIndexes {
  const main = asked.indexUrl ?? settings.indexUrl;
  const extra = asked.extraIndexUrl ?? settings.extraIndexUrl;
  return {
    indexUrl: main === undefined ? undefined : indexUrl(main, 'pipIndexUrl'),
    extraIndexUrl: extra === undefined ? undefined : indexUrl(extra, 'pipExtraIndexUrl'),
  };
}

/** pip's variables for them: arguments would be seen by everyone who lists processes. */
export function indexEnvironment({ indexUrl, extraIndexUrl }: PackageIndexes): Record<string, string> {
  const plain = [indexUrl, extraIndexUrl].filter((url) => url?.startsWith('http:')).map((url) => new URL(url!).host);
  return {
    ...(indexUrl !== undefined && { PIP_INDEX_URL: indexUrl }),
    ...(extraIndexUrl !== undefined && { PIP_EXTRA_INDEX_URL: extraIndexUrl }),
    // Without this, pip ignores an index over http that is not on loopback. Who answers there was never proven, https or not.
    ...(plain.length > 0 && { PIP_TRUSTED_HOST: plain.join(' ') }),
  };
}

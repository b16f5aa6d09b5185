/** What the operator has set about Python packages. */
export abstract class PythonSettings {
  /** The interpreter that makes environments (PYTHON_BIN); `python3` from PATH unless given. */
  abstract readonly bin: string | undefined;
  /** The package index (PIP_INDEX_URL), for requests that name none; PyPI unless given. */
  abstract readonly indexUrl: string | undefined;
  /** A second index (PIP_EXTRA_INDEX_URL), for requests that name none. */
  abstract readonly extraIndexUrl: string | undefined;
  /** A folder for pip and its downloads, which all installs share. Made when it is missing; may be removed while nothing is installed. */
  abstract readonly cacheDir: string;
  /** Milliseconds that one install may take once it has begun. */
  abstract readonly timeoutMs: number;
}

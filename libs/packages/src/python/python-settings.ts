/** The operator's settings for Python packages. */
export abstract class PythonSettings {
  /** Interpreter that creates environments (PYTHON_BIN). Default: `python3` from PATH. */
  abstract readonly bin: string | undefined;
  /** Package index for requests that name none (PIP_INDEX_URL). Default: PyPI. */
  abstract readonly indexUrl: string | undefined;
  /** Second index for requests that name none (PIP_EXTRA_INDEX_URL). */
  abstract readonly extraIndexUrl: string | undefined;
  /** Folder in which each tenant has pip and its downloads. It is created if missing and may be removed while no install runs. */
  abstract readonly cacheDir: string;
  /** Time limit of one install in milliseconds. The time in the queue does not count. */
  abstract readonly timeoutMs: number;
}

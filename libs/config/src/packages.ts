import { join, resolve } from 'node:path';
import type { PackagesConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of installed packages, as parsed. */
export type PackagesValues = Pick<
  Variables,
  | 'DATA_DIR'
  | 'PACKAGES_DIR'
  | 'NPM_REGISTRY'
  | 'NPM_CACHE_DIR'
  | 'PYTHON_BIN'
  | 'PYTHON_VENV_DIR'
  | 'PIP_INDEX_URL'
  | 'PIP_EXTRA_INDEX_URL'
  | 'INSTALL_TIMEOUT_MS'
  | 'INSTALL_ON_START'
>;

export function packagesConfig(values: PackagesValues): PackagesConfig {
  const packagesDir = resolve(values.PACKAGES_DIR ?? join(values.DATA_DIR, 'packages'));
  return {
    npmDir: join(packagesDir, 'npm'),
    npmRegistry: values.NPM_REGISTRY,
    npmCacheDir: resolve(values.NPM_CACHE_DIR ?? join(values.DATA_DIR, 'npm-cache')),
    pythonDir: resolve(values.PYTHON_VENV_DIR ?? join(packagesDir, 'python')),
    pythonBin: values.PYTHON_BIN,
    pipCacheDir: resolve(join(values.DATA_DIR, 'pip-cache')),
    pipIndexUrl: values.PIP_INDEX_URL,
    pipExtraIndexUrl: values.PIP_EXTRA_INDEX_URL,
    installTimeoutMs: values.INSTALL_TIMEOUT_MS,
    installOnStart: values.INSTALL_ON_START,
  };
}

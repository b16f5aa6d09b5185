import { join, resolve } from 'node:path';
import type { PackagesConfig } from '../model/config.js';
import { httpUrl, integer, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';
import { startPackages } from './start-package.js';

const DAY_MS = 24 * 3600 * 1000;

export const packages = settingGroup({
  title: 'Packages',
  about: 'Where MCP servers are installed from and to.',
  settings: {
    PACKAGES_DIR: setting({
      parse: text,
      unset: '`DATA_DIR/packages`',
      meaning:
        'The folder of installed packages. Each replica has its own, and may start with an empty one: it installs what its servers need.',
    }),
    NPM_REGISTRY: setting({
      parse: httpUrl,
      unset: "npm's configuration, or `https://registry.npmjs.org`",
      meaning: 'The registry that npm packages come from. It may contain a user and a password.',
    }),
    NPM_TOKEN: setting({
      parse: text,
      secret: true,
      file: true,
      meaning:
        'A bearer token for `NPM_REGISTRY`. Without that it is for `https://registry.npmjs.org`, unless the configuration of npm names another `registry` or has this token: then it goes only where that says.',
    }),
    NPM_CONFIG_USERCONFIG: setting({
      parse: text,
      unset: '`~/.npmrc`, if it exists',
      meaning:
        'The configuration of npm: a file with `registry`, `@scope:registry`, `//host/path/:_authToken`, `:_auth`, or `:username` and `:_password`. Other entries do not count.',
    }),
    NPM_CACHE_DIR: setting({
      parse: text,
      unset: '`DATA_DIR/npm-cache`',
      meaning: 'The folder of downloaded npm packages.',
    }),
    PYTHON_BIN: setting({
      parse: text,
      unset: '`python3`',
      meaning: 'The Python that makes virtual environments, 3.10 or newer.',
    }),
    PYTHON_VENV_DIR: setting({
      parse: text,
      unset: '`PACKAGES_DIR/python`',
      meaning: 'The folder of the virtual environments.',
    }),
    PIP_INDEX_URL: setting({ parse: httpUrl, unset: 'PyPI', meaning: 'The index that Python packages come from.' }),
    PIP_EXTRA_INDEX_URL: setting({ parse: httpUrl, meaning: 'A second index of Python packages.' }),
    INSTALL_TIMEOUT_MS: setting({
      parse: integer(1000, DAY_MS),
      default: 600_000,
      meaning: 'An install is ended after so many milliseconds.',
    }),
    INSTALL_ON_START: setting({
      parse: startPackages,
      default: '',
      meaning:
        'Packages that are installed when the gateway starts: `package|server`, separated by commas, such as `@scope/name@1.2.3|files`.',
    }),
    REGISTRY_URL: setting({
      parse: httpUrl,
      meaning:
        "An MCP registry whose servers the catalogue offers beside the gateway's own, such as `https://registry.modelcontextprotocol.io`.",
    }),
  },
});

/** @param npmrc entries of npm's configuration */
export function packagesConfig(
  values: Values<typeof packages> & { readonly DATA_DIR: string },
  npmrc: Readonly<Record<string, string>>,
): PackagesConfig {
  const { NPM_REGISTRY, NPM_TOKEN } = values;
  const packagesDir = resolve(values.PACKAGES_DIR ?? join(values.DATA_DIR, 'packages'));
  return {
    npmDir: join(packagesDir, 'npm'),
    npmRegistry: NPM_REGISTRY ?? npmrc.registry ?? 'https://registry.npmjs.org',
    npmToken: NPM_REGISTRY === undefined && isGivenTo(npmrc, NPM_TOKEN) ? undefined : NPM_TOKEN,
    npmrc,
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

/** Returns whether npm's configuration says which registry a token is for: it must not go to another one. */
const isGivenTo = ({ registry, ...entries }: Readonly<Record<string, string>>, token = ''): boolean =>
  registry !== undefined || Object.values(entries).some((value) => value.includes(token));

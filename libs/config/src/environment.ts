import { existsSync } from 'node:fs';
import type { Config } from './config.js';
import { loadConfig } from './load-config.js';

/** The settings of this process: its environment, completed by `.env` in the working directory where there is one. */
export function configOfProcess(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return loadConfig(process.env);
}

/** Variables that a child process may inherit: what programs need to find their way, and nothing that the gateway knows in confidence. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

/** Variables by which programs find their way out of a network: npm and pip know them. Proxies may have a password. */
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
];

/** The part of this process's environment that child processes get. */
export function inheritedEnvironment(): Record<string, string> {
  return chosen(INHERITED);
}

/** What a child process gets besides, when it downloads what an operator asked for. */
export function networkEnvironment(): Record<string, string> {
  return chosen(NETWORK);
}

function chosen(names: readonly string[]): Record<string, string> {
  const entries = names.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

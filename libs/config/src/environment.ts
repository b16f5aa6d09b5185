import { existsSync } from 'node:fs';
import type { Config } from './model/config.js';
import { forgetVariables } from './forget-secrets.js';
import { loadConfig } from './load-config.js';
import { SECRET_VARIABLES } from './settings.js';
import { warningsOf } from './warnings.js';

/**
 * Reads the settings from the environment of this process. If `.env` exists in the working directory, it adds variables that are not set.
 */
export function configOfProcess(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return loadConfig(process.env);
}

/** Returns the warnings about the environment of this process. `configOfProcess` must have loaded `.env` before. */
export const warningsOfProcess = (): string[] => warningsOf(process.env);

/**
 * Removes the secrets of the gateway from the environment of this process, once they are read. From then on no child inherits one by mistake,
 * and processes of the same user do not find one in /proc.
 */
export const forgetSecretsOfProcess = (): void => forgetVariables(SECRET_VARIABLES);

/** Variables that a child process inherits: those that programs need to run, and no secrets of the gateway. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

/** Files and folders with the certificates that programs trust: of Node, OpenSSL, Python's requests, pip and curl. */
export const CERTIFICATES = [
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['REQUESTS_CA_BUNDLE', 'PIP_CERT', 'CURL_CA_BUNDLE'],
];
/** Variables for network access through a proxy. A proxy URL may contain a password. */
export const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Returns the part of this process's environment that child processes get. */
export function inheritedEnvironment(): Record<string, string> {
  return chosen(INHERITED);
}

/** Returns the variables that name certificates. Programs that reach a network get them too. */
export function certificateEnvironment(): Record<string, string> {
  return chosen(CERTIFICATES);
}

/** Returns the variables that name the proxy through which the gateway has to leave its network. */
export function proxyEnvironment(): Record<string, string> {
  return chosen(PROXIES);
}

function chosen(names: readonly string[]): Record<string, string> {
  const entries = names.map((name) => [name, process.env[name]] as const);
  // Docker compose sets variables that have no value to an empty text.
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

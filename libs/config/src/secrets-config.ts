import { resolve } from 'node:path';
import type { SecretsConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of the master keys, as parsed. */
export type SecretsKeyValues = Pick<
  Variables,
  'NODE_ENV' | 'SECRETS_KEY' | 'SECRETS_KEY_PREVIOUS' | 'SECRETS_KEY_FILE' | 'SECRETS_KEY_REFRESH_MS'
>;

/** @param faults gets one line for each variable that is missing or contradicts another */
export function secretsConfig(values: SecretsKeyValues, faults: string[]): SecretsConfig {
  const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, SECRETS_KEY_FILE: file } = values;
  const production = values.NODE_ENV === 'production';
  if (file !== undefined && (key !== undefined || previous.length > 0)) {
    faults.push('SECRETS_KEY_FILE excludes SECRETS_KEY and SECRETS_KEY_PREVIOUS: the file holds all keys');
  } else if (key === undefined && previous.length > 0) {
    faults.push('SECRETS_KEY must be set where SECRETS_KEY_PREVIOUS is');
  } else if (production && key === undefined && file === undefined) {
    faults.push('SECRETS_KEY must be set in production (openssl rand -base64 32), or SECRETS_KEY_FILE');
  }
  const keys = key === undefined ? previous : [key, ...previous];
  if (new Set(keys).size < keys.length) faults.push('SECRETS_KEY_PREVIOUS names a key twice, or the one in use');
  return {
    keys,
    file: file === undefined ? undefined : resolve(file),
    privateFile: production,
    refreshMs: values.SECRETS_KEY_REFRESH_MS,
  };
}

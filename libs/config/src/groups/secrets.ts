import { resolve } from 'node:path';
import type { SecretsConfig } from '../model/config.js';
import type { ListeningValues } from './listening.js';
import { integer, list, text, type Parser } from '../model/parsers.js';
import { secretsKeyFault } from './secrets-key.js';
import { InvalidSettingError, setting, settingGroup, type Values } from '../model/setting.js';

const masterKey: Parser<string> = (written) => {
  const fault = secretsKeyFault(written);
  if (fault !== undefined) throw new InvalidSettingError(fault);
  return written;
};

export const secretsKeys = settingGroup({
  title: 'Keys of the secrets',
  about: 'The gateway seals what users and operators entrust to it under these keys: see [Keys](#keys).',
  settings: {
    SECRETS_KEY: setting({
      parse: masterKey,
      unset: 'in development made in `DATA_DIR`',
      meaning:
        'The key that seals the secrets, of 32 characters at least: `openssl rand -base64 32` makes one. Without the key the secrets are lost.',
      secret: true,
    }),
    SECRETS_KEY_PREVIOUS: setting({
      parse: (written) => list(written).map(masterKey),
      default: '',
      meaning: 'Older values of `SECRETS_KEY`, separated by commas, until `npm run admin -- rotate-secrets` has run.',
      secret: true,
    }),
    SECRETS_KEY_FILE: setting({
      parse: text,
      meaning:
        'A file with all keys, in the place of both: one in each line, the one in use first. In production not everybody may be able to read it.',
    }),
    SECRETS_KEY_REFRESH_MS: setting({
      parse: integer(100, 60_000),
      default: 5000,
      meaning:
        'How often a process looks for new data keys, in milliseconds. It has to be the same for all replicas and for `npm run admin`.',
    }),
  },
});

/** @param faults gets one line for each variable that is missing or contradicts another */
export function secretsConfig(
  values: Values<typeof secretsKeys> & Pick<ListeningValues, 'NODE_ENV'>,
  faults: string[],
): SecretsConfig {
  const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, SECRETS_KEY_FILE: file } = values;
  const production = values.NODE_ENV === 'production';
  if (file !== undefined && (key !== undefined || previous.length > 0)) {
    faults.push(
      'SECRETS_KEY_FILE: SECRETS_KEY or SECRETS_KEY_PREVIOUS is set, too; set only the file, which holds all keys',
    );
  } else if (key === undefined && previous.length > 0) {
    faults.push('SECRETS_KEY: is not set, but SECRETS_KEY_PREVIOUS is; set the key in use, too');
  } else if (production && key === undefined && file === undefined) {
    faults.push(
      'SECRETS_KEY: is not set, and production needs it; write the output of openssl rand -base64 32, or set SECRETS_KEY_FILE',
    );
  }
  const keys = key === undefined ? previous : [key, ...previous];
  if (new Set(keys).size < keys.length) {
    faults.push('SECRETS_KEY_PREVIOUS: contains a key twice, or the key in use; write only older keys, each once');
  }
  return {
    keys,
    file: file === undefined ? undefined : resolve(file),
    privateFile: production,
    refreshMs: values.SECRETS_KEY_REFRESH_MS,
  };
}

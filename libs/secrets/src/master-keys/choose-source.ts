import type { Config } from '@manifold/config';
import { DevelopmentKeyTexts } from './development-key.js';
import { FileKeyTexts } from './key-file.js';
import { EnvironmentKeyTexts, type KeyTexts } from './key-texts.js';
import { LocalMasterKeys } from './local-master-keys.js';
import type { MasterKeySource } from './master-key-source.js';

/** Returns the source of master keys that the configuration names. */
export const masterKeySource = (config: Config): MasterKeySource => new LocalMasterKeys(keyTexts(config));

function keyTexts({ secrets: { keys, file, privateFile }, dataDir }: Config): KeyTexts {
  if (file !== undefined) return new FileKeyTexts(file, privateFile);
  return keys.length > 0 ? new EnvironmentKeyTexts(keys) : new DevelopmentKeyTexts(dataDir);
}

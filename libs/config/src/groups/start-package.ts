import type { StartPackage } from '../model/config.js';
import { list, type Parser } from '../model/parsers.js';
import { InvalidSettingError } from '../model/setting.js';

const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** Reads the packages to install at the start. */
export const startPackages: Parser<readonly StartPackage[]> = (written) => list(written).map(startPackage);

/** Reads `package|server`; the package may have a version: `@scope/name@1.2.3|server`. */
function startPackage(written: string): StartPackage {
  const [, name, version, serverName] = /^((?:@[^@|/]+\/)?[^@|/]+)(?:@([^|]+))?\|(.+)$/.exec(written) ?? [];
  if (name === undefined || serverName === undefined || !SERVER_NAME.test(serverName)) {
    throw new InvalidSettingError('is not a list of packages; write package|server, separated by commas');
  }
  return { name, version, serverName };
}

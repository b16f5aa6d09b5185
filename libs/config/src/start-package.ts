import type { StartPackage } from './config.js';

const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** `package|server`; the package may have a version: `@scope/name@1.2.3|server`. Undefined where it is neither. */
export function startPackage(text: string): StartPackage | undefined {
  const [, name, version, serverName] = /^((?:@[^@|/]+\/)?[^@|/]+)(?:@([^|]+))?\|(.+)$/.exec(text) ?? [];
  if (name === undefined || serverName === undefined || !SERVER_NAME.test(serverName)) return undefined;
  return { name, version, serverName };
}

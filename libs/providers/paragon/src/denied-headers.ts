/** Headers for credentials, routing and framing, which agents must not set (docs/THREATS.md, threat 52). */
const DENIED = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'host', 'forwarded', 'via', 'x-real-ip', 'x-api-key'],
  ...['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect'],
]);
const DENIED_PREFIXES = ['x-paragon-', 'x-forwarded-', 'proxy-', 'sec-'];

/** @param name in lower case */
export const isDeniedHeader = (name: string): boolean =>
  DENIED.has(name) || DENIED_PREFIXES.some((prefix) => name.startsWith(prefix));

import type { Principal } from './principal.js';

/** A principal as answers show it. A command of the gateway has neither tenant nor issuer. */
export class PrincipalDto {
  tenant?: string;
  issuer?: string;
  subject: string;
}

/** Returns the principal of a stored {@link Principal.key}. Other text, such as the name of a command, is its subject. */
export function principalView(key: Principal['key']): PrincipalDto {
  const parts = partsOf(key);
  return parts ? { tenant: parts[0], issuer: parts[1], subject: parts[2] } : { subject: key };
}

function partsOf(key: string): [tenant: string, issuer: string, subject: string] | undefined {
  if (!key.startsWith('[')) return undefined;
  try {
    const parts = JSON.parse(key) as unknown[];
    const isKey = parts.length === 3 && parts.every((part) => typeof part === 'string');
    return isKey ? (parts as [string, string, string]) : undefined;
  } catch {
    return undefined; // a text that was cut
  }
}

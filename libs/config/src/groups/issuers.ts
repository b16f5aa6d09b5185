import { z } from 'zod';
import type { IssuerConfig } from '../model/config.js';
import { json } from '../model/parsers.js';

/** The issuer of API keys, and of the users of development. */
export const GATEWAY_ISSUER = 'manifold';
/** The issuer of the users of the operating system who run admin commands, in the audit log. */
export const COMMAND_LINE_ISSUER = 'command-line';

const role = z.enum(['user', 'operator', 'admin', 'service']);

/** Asymmetric algorithms that jsonwebtoken verifies. An issuer in AUTH_ISSUERS cannot use a shared secret. */
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']);

const issuer = z
  .strictObject({
    issuer: z.string().min(1),
    audience: z.string().min(1).optional(),
    algorithms: z.array(algorithm).min(1).default(['RS256']),
    jwksUri: z.url().optional(),
    publicKey: z
      .string()
      .transform((pem) => pem.replaceAll('\\n', '\n'))
      .refine((pem) => pem.includes('-----BEGIN PUBLIC KEY-----'), 'must be a PEM public key (SPKI)')
      .optional(),
    tenant: z.string().min(1).default('default'),
    rolesClaim: z.string().min(1).default('roles'),
    roles: z.record(z.string(), z.array(role)).default({}),
  })
  .refine((value) => (value.jwksUri === undefined) !== (value.publicKey === undefined), {
    message: 'needs either jwksUri or publicKey',
  })
  .refine((value) => new Set(value.algorithms.map((name) => name.slice(0, 2).replace('PS', 'RS'))).size === 1, {
    message: 'its algorithms must be of one key type',
  });

const issuers = z
  .array(issuer)
  .refine((list) => new Set(list.map((item) => item.issuer)).size === list.length, 'names an issuer twice');

/** Reads AUTH_ISSUERS. */
export const tokenIssuers = json(issuers, 'an array of issuers, as docs/OPERATIONS.md describes it');

/**
 * Returns one line for each issuer of AUTH_ISSUERS that has the name of API keys or of the tokens of a backend: its users would be the same
 * principals as theirs.
 * @param backends the names of the issuers of backends
 */
export function reservedIssuerFaults(issuers: readonly IssuerConfig[], backends: readonly string[]): string[] {
  return issuers.flatMap(({ issuer }, index) =>
    issuer === GATEWAY_ISSUER || issuer === COMMAND_LINE_ISSUER || backends.includes(issuer)
      ? [
          `AUTH_ISSUERS: is not valid at ${index}.issuer (the name stands for API keys, the command line or tokens of a backend)`,
        ]
      : [],
  );
}

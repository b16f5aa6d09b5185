import { z } from 'zod';
import type { IssuerConfig, ServedTenant } from '../model/config.js';
import { json } from '../model/parsers.js';

const DEFAULT_TENANT = 'default';
/** The issuer of API keys, and of the users of development. */
const GATEWAY_ISSUER = 'manifold';

const servedTenant = z
  .strictObject({
    tenant: z.string().min(1),
    issuers: z.array(z.string().min(1)).min(1).optional(),
    userId: z.enum(['subject', 'principal']).optional(),
  })
  .refine(({ tenant, issuers }) => tenant === DEFAULT_TENANT || !issuers?.includes(GATEWAY_ISSUER), {
    message: 'API keys of other tenants cannot be served',
    path: ['issuers'],
  })
  .transform(({ tenant, issuers, userId = tenant === DEFAULT_TENANT ? 'subject' : 'principal' }): ServedTenant => ({
    tenant,
    issuers,
    userId,
  }));

const servedTenants = z
  .array(servedTenant)
  .refine((list) => new Set(list.map(({ tenant }) => tenant)).size === list.length, 'names a tenant twice')
  .refine((list) => list.filter(({ userId }) => userId === 'subject').length <= 1, {
    message: 'the subjects of two tenants would be the same users',
  });

/** Reads PARAGON_USERS and INTEGRATION_APP_USERS. */
export const servedUsers = json(servedTenants, 'an array of tenants, as docs/OPERATIONS.md describes it');

/** The value of PARAGON_USERS and INTEGRATION_APP_USERS when the operator sets none. */
export const SERVED_BY_DEFAULT = JSON.stringify([{ tenant: DEFAULT_TENANT }]);

/** Returns one line for each issuer in the setting that is not an issuer of its tenant: no caller would ever be served through it. */
export function servedUsersFaults(
  setting: string,
  served: readonly ServedTenant[],
  issuers: readonly IssuerConfig[],
): string[] {
  return served.flatMap(({ tenant, issuers: named = [] }, index) =>
    named.flatMap((name, place) =>
      name === GATEWAY_ISSUER || issuers.some((known) => known.issuer === name && known.tenant === tenant)
        ? []
        : [
            `${setting}: is not valid at ${index}.issuers.${place} (it is not an issuer of this tenant); ` +
              'write an issuer that AUTH_ISSUERS gives to the tenant, or manifold for the API keys of the tenant default',
          ],
    ),
  );
}

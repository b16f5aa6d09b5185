import { z } from 'zod';
import type { IssuerConfig, ServedTenant } from '../model/config.js';
import { json } from '../model/parsers.js';
import { GATEWAY_ISSUER } from './issuers.js';

const DEFAULT_TENANT = 'default';

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
  .refine(({ tenant, userId }) => tenant === DEFAULT_TENANT || userId !== 'subject', {
    message: 'only users of the tenant default may be called by their subject, as holders of tokens of the backend are',
    path: ['userId'],
  })
  .transform(({ tenant, issuers, userId = tenant === DEFAULT_TENANT ? 'subject' : 'principal' }): ServedTenant => ({
    tenant,
    issuers,
    userId,
  }));

const servedTenants = z
  .array(servedTenant)
  .refine((list) => new Set(list.map(({ tenant }) => tenant)).size === list.length, 'names a tenant twice');

/** Reads PARAGON_USERS and INTEGRATION_APP_USERS. */
export const servedUsers = json(servedTenants, 'an array of tenants, as docs/OPERATIONS.md describes it');

/** The value of PARAGON_USERS and INTEGRATION_APP_USERS when the operator sets none. */
export const SERVED_BY_DEFAULT = JSON.stringify([{ tenant: DEFAULT_TENANT }]);

/**
 * Returns one line if the subjects of several issuers of AUTH_ISSUERS would be the same users at the backend: whoever one issuer calls alice
 * would act with the accounts of the other issuer's alice (docs/THREATS.md, threat 97). Issuers that belong to the operator (API keys, and
 * tokens of the backends) are not counted.
 * @param issuers those of AUTH_ISSUERS
 */
export function sharedSubjectFaults(
  setting: string,
  served: readonly ServedTenant[],
  issuers: readonly IssuerConfig[],
): string[] {
  return served.flatMap(({ tenant, issuers: named, userId }) => {
    const called = issuers.filter((issuer) => issuer.tenant === tenant && (named?.includes(issuer.issuer) ?? true));
    if (userId !== 'subject' || called.length < 2) return [];
    return [
      `${setting}: users of ${called.length} issuers of the tenant ${tenant} would be the same user wherever their subjects are equal; ` +
        'name one issuer of AUTH_ISSUERS in "issuers", or set "userId": "principal"',
    ];
  });
}

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

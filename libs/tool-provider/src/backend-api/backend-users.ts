import { DEFAULT_TENANT, LOCAL_ISSUER, principalKey, type Principal } from '@manifold/auth';
import type { ServedTenant } from '@manifold/config';

/** The catalogue key of all principals whom a hosted backend does not serve: they have no tools. It is no key of a principal. */
export const NOT_SERVED = 'not served';

/** The part of a principal that decides who it is at a backend. */
export type BackendCaller = Pick<Principal, 'tenant' | 'issuer' | 'subject' | 'method'>;

/** Ids that are made from tenant, issuer and subject begin with it, and no other id does. */
const FULL_ID = 'manifold:';

/**
 * Decides who a principal is at a hosted backend. Such a backend knows a user by one text alone, for all tenants and issuers.
 *
 * The tenant and the issuer must be served. Otherwise an admin of another tenant, who makes API keys of any name and for users of any
 * issuer, would act with the accounts of a user of the same name (docs/THREATS.md, threat 56).
 */
export class BackendUsers {
  private readonly byTenant: ReadonlyMap<string, ServedTenant>;

  /** @param ownIssuer the issuer of the tokens that the backend itself verifies. Its subjects are the backend's users */
  constructor(
    served: readonly ServedTenant[],
    private readonly ownIssuer: string,
  ) {
    this.byTenant = new Map(served.map((tenant) => [tenant.tenant, tenant]));
  }

  /**
   * Returns the id of the principal at the backend. Principals of two tenants never have the same id. Principals of two issuers have the same
   * id only in the tenant `default`, if its rule is `subject`; the settings then name one issuer beside API keys and tokens of backends.
   * @returns undefined if the backend does not serve the principal
   */
  userOf({ tenant, issuer, subject, method }: BackendCaller): string | undefined {
    const isOwn = tenant === DEFAULT_TENANT && issuer === this.ownIssuer;
    if (isOwn && method === 'jwt') return subject;
    const served = this.byTenant.get(tenant);
    if (!served || (method === 'api-key' && !servesKeys(served)) || !(isOwn || admits(served, issuer)))
      return undefined;
    // A subject that looks like an id of the other rule would otherwise be the user of another tenant.
    if ((isOwn || served.userId === 'subject') && !subject.startsWith(FULL_ID)) return subject;
    return `${FULL_ID}${principalKey(tenant, issuer, subject)}`;
  }
}

const admits = ({ issuers }: ServedTenant, issuer: string): boolean => issuers?.includes(issuer) ?? true;

/** Returns whether API keys of the tenant are served: for themselves, and for the users of an issuer that is served as well. */
const servesKeys = (served: ServedTenant): boolean => served.tenant === DEFAULT_TENANT && admits(served, LOCAL_ISSUER);

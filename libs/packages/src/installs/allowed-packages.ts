import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import { fitsPackagePattern, ServerPolicy, type InstallScripts } from '@manifold/server-model';
import { Tenants } from '@manifold/tenants';
import { requirementName } from '../python/index.js';
import type { PackageRecord } from '../model/package-record.js';
import type { WantedPackage } from '../model/package-runtime.js';

/**
 * Checks which packages a tenant may install, and whether they may run scripts. Without patterns in the tenant's settings, all packages are
 * allowed.
 */
@Injectable()
export class AllowedPackages {
  constructor(
    private readonly tenants: Tenants,
    private readonly policy: ServerPolicy,
  ) {}

  /** @throws ProblemError 403 `package_not_allowed`, `scripts_not_allowed` */
  check(tenant: string, runtime: PackageRecord['runtime'], wanted: WantedPackage): void {
    const install = scriptsOf(runtime, wanted);
    this.checkNames(tenant, install);
    this.policy.checkScripts(tenant, install);
  }

  /**
   * Names of further packages are checked too, because the module to run may come from one of them. An index of the request's own could
   * serve other code under an allowed name, so it is refused.
   */
  private checkNames(tenant: string, { runtime, names, hasOwnIndex }: InstallScripts): void {
    const patterns = this.tenants.packagesOf(tenant)[runtime];
    if (!patterns) return;
    const refused = names.find((name) => !patterns.some((pattern) => fitsPackagePattern(runtime, pattern, name)));
    if (refused !== undefined) throw notAllowed(`Package ${refused} is not among those that the tenant may install`);
    if (hasOwnIndex) throw notAllowed('The tenant may install packages only from the package indexes of the gateway');
  }
}

/** Returns what the policy needs to know about the scripts of an install. */
export const scriptsOf = (
  runtime: PackageRecord['runtime'],
  { name, allowScripts, python }: WantedPackage,
): InstallScripts => ({
  runtime,
  allowScripts,
  names: [name, ...(python?.dependencies ?? []).map(requirementName)],
  hasOwnIndex: python?.indexUrl !== undefined || python?.extraIndexUrl !== undefined,
});

const notAllowed = (message: string): ProblemError => new ProblemError(403, 'package_not_allowed', message);

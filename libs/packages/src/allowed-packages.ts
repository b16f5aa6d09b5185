import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { fitsPattern } from '@manifold/server-hosting';
import { Tenants } from '@manifold/tenants';
import type { PackageRecord } from './package-record.js';
import type { WantedPackage } from './package-runtime.js';

/** Which packages a tenant may install: those that the gateway can, where its settings do not name some. */
@Injectable()
export class AllowedPackages {
  constructor(private readonly tenants: Tenants) {}

  /** @throws Problem 403 `package_not_allowed` */
  check(tenant: string, runtime: PackageRecord['runtime'], { name, python }: WantedPackage): void {
    const patterns = this.tenants.packagesOf(tenant)[runtime];
    if (!patterns) return;
    const allowed = patterns.map((pattern) => comparable(runtime, pattern));
    // A module of a further package can be what is run, and an index of one's own has packages of any name.
    const names = [name, ...(python?.dependencies ?? []).map(nameOf)];
    const refused = names.find((one) => !allowed.some((pattern) => fitsPattern(pattern, comparable(runtime, one))));
    if (refused !== undefined) throw notAllowed(`Package ${refused} is not among those that the tenant may install`);
    if (python?.indexUrl === undefined && python?.extraIndexUrl === undefined) return;
    throw notAllowed('The tenant may install packages from the indexes of the gateway alone');
  }
}

/** Python's names are the same in either case, with whatever of these signs in them (PEP 503). */
const comparable = (runtime: PackageRecord['runtime'], name: string): string =>
  runtime === 'python' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;

/** Of a requirement such as `httpx[http2]>=0.27` (PEP 508). */
const nameOf = (requirement: string): string => /^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement;

const notAllowed = (message: string): Problem => new Problem(403, 'package_not_allowed', message);

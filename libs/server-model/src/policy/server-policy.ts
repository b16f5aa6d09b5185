import { Injectable } from '@nestjs/common';
import type { ScriptRule, StdioRule } from '@manifold/config';
import { ProblemError } from '@manifold/rest';
import { TenantPolicies } from '@manifold/tenants';
import { fitsPackagePattern, type PackageRuntimeName } from '../package-pattern.js';
import { fitsCommand } from './command-pattern.js';
import { loaderVariable, type StdioProgram } from './stdio-program.js';

/** Keeps the processes of tenants apart on this machine. The library that starts processes implements it. */
export interface ProcessIsolation {
  /**
   * Returns why a tenant can run no processes with this network here, with the setting to change: a sentence. Undefined if it can.
   * @param network undefined: an open one
   */
  refusalFor(tenant: string, network?: StdioProgram['network']): string | undefined;
}

/** The packages of an install that could run code while they are installed. */
export interface InstallScripts {
  readonly runtime: PackageRuntimeName;
  readonly allowScripts: boolean;
  /** Names of the packages that the request names. */
  readonly names: readonly string[];
  /** Whether the request names package indexes, which could serve other code under the name of a listed package. */
  readonly hasOwnIndex: boolean;
}

/** Decides which programs and install scripts a tenant may run. Every path that creates, changes or starts a stdio server asks it. */
@Injectable()
export class ServerPolicy {
  /** Not set: processes of every tenant may run on this machine. */
  isolation?: ProcessIsolation;

  constructor(private readonly policies: TenantPolicies) {}

  /**
   * Checks the program of a stdio server.
   * @param isOfPackage tells whether the program is that of the package that is installed for the server
   * @throws ProblemError 403 `stdio_not_allowed` with the setting to change and who can change it
   */
  async check(tenant: string, program: StdioProgram, isOfPackage: () => Promise<boolean>): Promise<void> {
    const refusal = this.refusalOf(tenant, program, false);
    if (!refusal) return;
    const mayBePackaged = this.refusalOf(tenant, program, true) === undefined;
    if (!mayBePackaged || !(await isOfPackage())) throw refusal;
  }

  /**
   * Checks the program of a package that is not installed yet.
   * @param mayBeOfPackage whether it may be the program of the package
   * @throws ProblemError 403 `stdio_not_allowed`
   */
  checkNew(tenant: string, program: StdioProgram, mayBeOfPackage: boolean): void {
    const refusal = this.refusalOf(tenant, program, mayBeOfPackage);
    if (refusal) throw refusal;
  }

  /** @throws ProblemError 403 `scripts_not_allowed` with the setting to change and who can change it */
  checkScripts(tenant: string, install: InstallScripts): void {
    if (!install.allowScripts) return;
    for (const { value, origin } of this.policies.scriptRules(tenant)) {
      const why = scriptFault(value, install);
      if (why !== undefined) throw new ProblemError(403, 'scripts_not_allowed', `${why}: see ${origin}`);
    }
  }

  private refusalOf(tenant: string, program: StdioProgram, isOfPackage: boolean): ProblemError | undefined {
    const isolation = this.isolation?.refusalFor(tenant, program.network);
    if (isolation !== undefined) return notAllowed(isolation);
    for (const { value, origin } of this.policies.stdioRules(tenant)) {
      const why = stdioFault(value, program, isOfPackage);
      if (why !== undefined) return notAllowed(`${why}: see ${origin}`);
    }
    return undefined;
  }
}

function stdioFault(rule: StdioRule, program: StdioProgram, isOfPackage: boolean): string | undefined {
  if (rule === 'any') return undefined;
  if (rule === 'none') return 'The tenant may have no stdio servers';
  const variable = loaderVariable(program.variables);
  if (variable !== undefined) return `The variable ${variable} could make an allowed program run other code`;
  if (isOfPackage) return undefined;
  if (rule === 'packages') return 'The stdio servers of the tenant may only run programs of installed packages';
  if (rule.some((pattern) => fitsCommand(pattern, program))) return undefined;
  return 'The stdio servers of the tenant may only run programs of installed packages and listed commands';
}

function scriptFault(rule: ScriptRule, { runtime, names, hasOwnIndex }: InstallScripts): string | undefined {
  if (rule === 'yes') return undefined;
  if (rule === 'never') return 'Packages of the tenant may run no install scripts (allowScripts)';
  const patterns = rule.flatMap((item) => (item.startsWith(`${runtime}:`) ? [item.slice(runtime.length + 1)] : []));
  const other = names.find((name) => !patterns.some((pattern) => fitsPackagePattern(runtime, pattern, name)));
  if (other !== undefined) return `Package ${other} may run no install scripts (allowScripts)`;
  return hasOwnIndex ? 'Install scripts may only run from the package indexes of the gateway' : undefined;
}

const notAllowed = (message: string): ProblemError => new ProblemError(403, 'stdio_not_allowed', message);

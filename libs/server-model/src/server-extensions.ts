import { Injectable } from '@nestjs/common';
import type { FieldFault } from '@manifold/rest';
import { ServerPolicy } from './policy/server-policy.js';
import type { StdioProgram } from './policy/stdio-program.js';
import type { ServerSettings } from './server-settings.js';

/** A part of the impact report of a server: data that another library keeps for servers and deletes with them. */
export interface ImpactPart {
  /** The name of its member in the answer, such as `package`. */
  readonly key: string;
  /** Returns numbers and facts, without secrets; undefined if the library has no data of this server. */
  impactOf(tenant: string, name: string): Promise<unknown>;
}

/** The facts from which another gateway can install the same package: plain JSON, without secrets. */
export type PackageFacts = Readonly<Record<string, unknown>>;

/** A package as it is installed for a server. */
export interface PackagedServer {
  readonly facts: PackageFacts;
  /** How the record of its server starts the package's program, followed by the operator's own arguments. Not set if that is unknown. */
  readonly launch?: ServerProgram;
}

/** Exports servers that were installed from packages to documents, and imports them. The library of packages implements it. */
export interface ServerPackages {
  /** Returns the packages of a tenant, by the name of their server. */
  list(tenant: string): Promise<ReadonlyMap<string, PackagedServer>>;
  /** Returns the faults in the facts of a document, in this tenant. Pointers are relative to the facts. */
  faultsOf(tenant: string, facts: PackageFacts): readonly FieldFault[];
  /**
   * Checks whether the tenant may install the package and run it with the settings.
   * @throws ProblemError 403 with the setting to change
   */
  checkPolicy(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): void;
  /**
   * Installs a package for a server that does not exist yet.
   * @param settings without a command; `args` follow the program
   * @throws ProblemError that says why; the server then does not exist
   */
  install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void>;
  /**
   * Updates the package of a server to the facts; the server's settings stay.
   * @throws ProblemError that says why; the server then keeps running the previous package
   */
  change(tenant: string, name: string, facts: PackageFacts): Promise<void>;
}

/** How a stdio server is started. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
}

export interface PreparedProgram extends ServerProgram {
  /** Absolute path of the folder with the program's files. Not set: the server belongs to no package. */
  readonly folder?: string;
  /** Environment variables that name files which must last, each with a path below the data folder of the server. */
  readonly dataFiles?: Readonly<Record<string, string>>;
  /** Reports that no process uses the program any more, and that none will be started from it. */
  release(): void;
}

/** Installs the programs of servers on this machine before they are started. The library of packages implements it. */
export interface ServerPrograms {
  /**
   * Installs the program of a server on this machine, if it belongs to a package and is missing here. That may take minutes.
   * @param program the program in the server's record
   * @param signal ends the waiting; it also ends the work if no other caller waits for it
   * @returns the program on this machine, which is kept until it is released
   * @throws ProblemError that says why it cannot be installed; the signal's reason
   */
  prepare(tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram>;
  /** Tells whether a program is that of the package that is installed for the server, with any arguments after its own. */
  isOfPackage(tenant: string, name: string, program: ServerProgram): Promise<boolean>;
}

/** Extensions of the registry of servers: other libraries add in `onModuleInit` what else belongs to a server. */
@Injectable()
export class ServerExtensions {
  /** Not set: there are no packages. */
  packages?: ServerPackages;
  /** Not set: programs are never installed. */
  programs?: ServerPrograms;
  private readonly parts = new Set<ImpactPart>();

  constructor(readonly policy: ServerPolicy) {}

  /** Checks whether a tenant may run a program as this server. @throws ProblemError 403 `stdio_not_allowed` */
  checkProgram(tenant: string, name: string, program: StdioProgram): Promise<void> {
    return this.policy.check(
      tenant,
      program,
      async () => (await this.programs?.isOfPackage(tenant, name, program)) ?? false,
    );
  }

  /** Returns the packages of a tenant's servers, by the name of the server. */
  async packagedServers(tenant: string): Promise<ReadonlyMap<string, PackagedServer>> {
    return (await this.packages?.list(tenant)) ?? new Map();
  }

  /** @returns a function that removes the part */
  addImpact(part: ImpactPart): () => void {
    this.parts.add(part);
    return () => this.parts.delete(part);
  }

  /** Returns the impact of all parts, each under its key. */
  async impactOf(tenant: string, name: string): Promise<Record<string, unknown>> {
    const entries = await Promise.all(
      [...this.parts].map(async (part) => [part.key, await part.impactOf(tenant, name)] as const),
    );
    return Object.fromEntries(entries.filter(([, impact]) => impact !== undefined));
  }
}

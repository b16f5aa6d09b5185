import { Injectable } from '@nestjs/common';
import type { FieldFault } from '@manifold/rest';
import type { ServerSettings } from './server-settings.js';

/** What another library keeps of servers, and loses with them. */
export interface ImpactPart {
  /** The name of its member in the answer, such as `package`. */
  readonly key: string;
  /** Numbers and facts, without secrets. Undefined: it has nothing of this server. */
  impactOf(tenant: string, name: string): Promise<unknown>;
}

/** What makes a package be installed again elsewhere: plain JSON, without secrets. */
export type PackageFacts = Readonly<Record<string, unknown>>;

/** A package as it is installed for a server. */
export interface PackagedServer {
  readonly facts: PackageFacts;
  /**
   * How the record of its server starts the program of the package; the operator's own arguments follow. Not set where that is not to
   * be found out.
   */
  readonly launch?: ServerProgram;
}

/** How servers that came out of packages are written into documents and made from them. The library of packages implements it. */
export interface ServerPackages {
  /** By the name of their server. */
  list(tenant: string): Promise<ReadonlyMap<string, PackagedServer>>;
  /** What is wrong with the facts of a document, in this tenant. Pointers begin at the facts. */
  faultsOf(tenant: string, facts: PackageFacts): readonly FieldFault[];
  /**
   * Installs a package for a server that is not there yet.
   * @param settings without a command; `args` follow the program
   * @throws Problem that says why; then there is no server
   */
  install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void>;
  /**
   * Brings the package of a server to what the facts say; the server's settings stay.
   * @throws Problem that says why; then the server runs what it ran before
   */
  change(tenant: string, name: string, facts: PackageFacts): Promise<void>;
}

/** How a stdio server is started. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
}

export interface PreparedProgram extends ServerProgram {
  /** Says that nothing runs from it any more, and that nothing will be started from it. */
  release(): void;
}

/** Knows the programs that have to be brought to a machine before they can be started there. The library of packages implements it. */
export interface ServerPrograms {
  /**
   * Brings the program of a server to this machine, if it comes out of a package and is missing here; that may take minutes.
   * @param program as the server's record has it
   * @param signal ends the waiting, and the work when nobody else waits for it
   * @returns the program as it is on this machine: it stays there until it is released
   * @throws Problem that says why it cannot be brought; the signal's reason
   */
  prepare(tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram>;
}

/** Where other libraries tell the registry of servers what else belongs to a server. They do so in `onModuleInit`. */
@Injectable()
export class ServerExtensions {
  /** Not set: there are no packages. */
  packages?: ServerPackages;
  /** Not set: programs are there, or they are not. */
  programs?: ServerPrograms;
  private readonly parts = new Set<ImpactPart>();

  /** Of a tenant, by the name of their server. */
  async packagedServers(tenant: string): Promise<ReadonlyMap<string, PackagedServer>> {
    return (await this.packages?.list(tenant)) ?? new Map();
  }

  /** @returns a function that takes the part away */
  addImpact(part: ImpactPart): () => void {
    this.parts.add(part);
    return () => this.parts.delete(part);
  }

  /** What all parts say, each under its key. */
  async impactOf(tenant: string, name: string): Promise<Record<string, unknown>> {
    const entries = await Promise.all(
      [...this.parts].map(async (part) => [part.key, await part.impactOf(tenant, name)] as const),
    );
    return Object.fromEntries(entries.filter(([, impact]) => impact !== undefined));
  }
}

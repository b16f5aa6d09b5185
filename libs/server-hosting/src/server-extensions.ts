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

/** How servers that came out of packages are written into documents and made from them. The library of packages implements it. */
export interface ServerPackages {
  /** Undefined: the server was registered without a package. */
  factsOf(tenant: string, name: string): PackageFacts | undefined;
  /** What is wrong with the facts of a document. Pointers begin at the facts. */
  faultsOf(facts: PackageFacts): readonly FieldFault[];
  /**
   * Installs the package for a server that is not there yet, or in place of the one that the server has, and gives the server
   * these settings and no others. Command and arguments come from the package.
   * @throws Problem that says why; the server is as it was then
   */
  install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void>;
}

/** Where other libraries tell the registry of servers what else belongs to a server. They do so in `onModuleInit`. */
@Injectable()
export class ServerExtensions {
  /** Not set: there are no packages. */
  packages?: ServerPackages;
  private readonly parts = new Set<ImpactPart>();

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

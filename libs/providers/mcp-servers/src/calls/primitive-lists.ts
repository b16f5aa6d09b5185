import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { untilAborted, waitAtMost } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type {
  CallContext,
  PromptDescriptor,
  RawObject,
  ResourceDescriptor,
  ResourceTemplateDescriptor,
} from '@manifold/tool-provider';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { ServerAccess } from './server-access.js';
import { connectionTo, type ServerRun, ServerFeatures } from '@manifold/mcp-hosting';
import type { Primitives } from '@manifold/mcp-client';

/** Time that a listing waits for servers that have never been listed. */
const INTRODUCTION_MS = 5_000;
const MAX_LISTS = 1_000;

/** The last returned list and the sources that it was made from. */
interface GivenList {
  readonly sources: readonly Primitives[];
  readonly items: readonly object[];
}

interface Listed {
  readonly app: string;
  readonly primitives: Primitives;
}

/** Lists the resources, templates and prompts of all servers of a tenant that a principal can see. */
@Injectable()
export class PrimitiveLists {
  private readonly given = new LRUCache<string, GivenList>({ max: MAX_LISTS });

  constructor(
    private readonly visible: VisibleServers,
    private readonly access: ServerAccess,
    private readonly features: ServerFeatures,
  ) {}

  resources(context: CallContext): Promise<readonly ResourceDescriptor[]> {
    return this.list('resources', context, ({ app, primitives }) =>
      primitives.resources.map((definition) => ({ app, uri: definition.uri as string, definition })),
    );
  }

  templates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]> {
    return this.list('templates', context, ({ app, primitives }) =>
      primitives.templates.map((definition) => ({ app, uriTemplate: definition.uriTemplate as string, definition })),
    );
  }

  prompts(context: CallContext): Promise<readonly PromptDescriptor[]> {
    return this.list('prompts', context, ({ app, primitives }) =>
      primitives.prompts.map((definition) => prompt(app, definition)),
    );
  }

  /**
   * Returns the last known lists, also for a server that is down. The call waits only for servers that have never been listed. While
   * nothing changes, principals with the same access get the same array object.
   */
  private async list<T extends object>(
    kind: keyof Primitives,
    context: CallContext,
    itemsOf: (listed: Listed) => readonly T[],
  ): Promise<readonly T[]> {
    const { principal, signal } = context;
    const access = this.visible.accessOf(principal);
    const servers = this.servers(principal);
    const preparations = servers.flatMap((server) => server.prepare(principal)?.catch(() => undefined) ?? []);
    if (preparations.length > 0) await untilAborted(Promise.all(preparations), signal);
    const newcomers = servers.filter((server) => this.isUnknown(server, principal));
    if (newcomers.length > 0) await untilAborted(this.introductions(newcomers, context), signal);

    const listed = servers.flatMap((server) => this.listedOf(server, principal));
    const sources = listed.map(({ primitives }) => primitives);
    const key = `${kind} ${servers.some((server) => server.ownerFor(principal)) ? `${access.key} ${principal.key}` : access.key}`;
    const before = this.given.get(key);
    if (before && isSame(before.sources, sources)) return before.items as readonly T[];
    const items = listed.flatMap(itemsOf);
    this.given.set(key, { sources, items });
    return items;
  }

  private servers(principal: Principal): ServerRun[] {
    const enabled = this.visible.list(principal).filter((record) => record.enabled);
    return enabled.flatMap(({ name }) => this.visible.run(principal, name) ?? []);
  }

  private listedOf(run: ServerRun, principal: Principal): Listed[] {
    const { tenant, name } = run.record;
    const primitives = this.features.primitivesFor(tenant, name, run.ownerFor(principal));
    return primitives ? [{ app: name, primitives }] : [];
  }

  private isUnknown(run: ServerRun, principal: Principal): boolean {
    const owner = run.ownerFor(principal);
    if (owner === undefined && run.wantsConsent) return false;
    const { tenant, name } = run.record;
    if (this.features.knows(tenant, name, owner)) return false;
    if (owner === undefined) return run.status !== 'error';
    return run.instances.every(({ principal: { key }, status }) => key !== owner || status !== 'error');
  }

  private async introductions(servers: readonly ServerRun[], context: CallContext): Promise<void> {
    await waitAtMost(INTRODUCTION_MS, Promise.all(servers.map((server) => this.introduce(server, context))));
  }

  /** Waits for the server's start. If the server is still unknown for this user, asks it on the user's own connection. */
  private async introduce(run: ServerRun, context: CallContext): Promise<void> {
    if (!run.wantsConsent) run.start();
    await run.settled;
    if (run.ownerFor(context.principal) === undefined || !this.isUnknown(run, context.principal)) return;
    try {
      await this.access.serve(run, context, async (server) => {
        await connectionTo(server, context.signal);
        await server.settled;
      });
    } catch {
      // The error is in the server's log. The user sees it at the first call.
    }
  }
}

function prompt(app: string, definition: RawObject): PromptDescriptor {
  const name = definition.name as string;
  return { app, name, publicName: `${app}_${name}`, definition };
}

const isSame = (some: readonly Primitives[], others: readonly Primitives[]): boolean =>
  some.length === others.length && some.every((primitives, index) => primitives === others[index]);

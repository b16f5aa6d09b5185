import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '@manifold/cancellation';
import type { Principal } from '@manifold/auth';
import type {
  CallContext,
  PromptDescriptor,
  RawObject,
  ResourceDescriptor,
  ResourceTemplateDescriptor,
} from '@manifold/tool-provider';
import { VisibleServers } from '../access/visible-servers.service.js';
import { ServerAccess } from '../server-access.js';
import { connectionTo } from '../server-connection.js';
import type { ServerRun } from '../server-run.js';
import { waitAtMost } from '../time-limit.js';
import type { Offer } from '../upstream/index.js';
import { ServerFeatures } from './server-features.js';

/** How long a listing waits for servers that were never asked before. */
const INTRODUCTION_MS = 5_000;
const MAX_LISTS = 1_000;

/** A list as it was given last, and what it was made of. */
interface GivenList {
  readonly offers: readonly Offer[];
  readonly items: readonly object[];
}

interface Listed {
  readonly app: string;
  readonly offer: Offer;
}

/** The resources, templates and prompts of all servers of a tenant, as one principal sees them. */
@Injectable()
export class OfferedLists {
  private readonly given = new LRUCache<string, GivenList>({ max: MAX_LISTS });

  constructor(
    private readonly visible: VisibleServers,
    private readonly access: ServerAccess,
    private readonly features: ServerFeatures,
  ) {}

  resources(context: CallContext): Promise<readonly ResourceDescriptor[]> {
    return this.list('resources', context, ({ app, offer }) =>
      offer.resources.map((definition) => ({ app, uri: definition.uri as string, definition })),
    );
  }

  templates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]> {
    return this.list('templates', context, ({ app, offer }) =>
      offer.templates.map((definition) => ({ app, uriTemplate: definition.uriTemplate as string, definition })),
    );
  }

  prompts(context: CallContext): Promise<readonly PromptDescriptor[]> {
    return this.list('prompts', context, ({ app, offer }) =>
      offer.prompts.map((definition) => prompt(app, definition)),
    );
  }

  /**
   * As last listed: a server that is down keeps its own. Only servers that were never asked are waited for. Whoever is offered the same
   * gets the very same array, as long as nothing changes.
   */
  private async list<T extends object>(
    kind: keyof Offer,
    context: CallContext,
    itemsOf: (listed: Listed) => readonly T[],
  ): Promise<readonly T[]> {
    const { principal, signal } = context;
    const sight = this.visible.sightOf(principal);
    const servers = this.servers(principal);
    const preparations = servers.flatMap((server) => server.prepare(principal)?.catch(() => undefined) ?? []);
    if (preparations.length > 0) await untilAborted(Promise.all(preparations), signal);
    const newcomers = servers.filter((server) => this.isUnknown(server, principal));
    if (newcomers.length > 0) await untilAborted(this.introductions(newcomers, context), signal);

    const listed = servers.flatMap((server) => this.listedOf(server, principal));
    const offers = listed.map(({ offer }) => offer);
    const key = `${kind} ${servers.some((server) => server.ownerFor(principal)) ? `${sight.key} ${principal.key}` : sight.key}`;
    const before = this.given.get(key);
    if (before && isSame(before.offers, offers)) return before.items as readonly T[];
    const items = listed.flatMap(itemsOf);
    this.given.set(key, { offers, items });
    return items;
  }

  private servers(principal: Principal): ServerRun[] {
    const enabled = this.visible.list(principal).filter((record) => record.enabled);
    return enabled.flatMap(({ name }) => this.visible.run(principal, name) ?? []);
  }

  private listedOf(run: ServerRun, principal: Principal): Listed[] {
    const { tenant, name } = run.record;
    const offer = this.features.offerTo(tenant, name, run.ownerFor(principal));
    return offer ? [{ app: name, offer }] : [];
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

  /** A server that can say without a user what it offers is asked so; else it is asked on the connection of this one. */
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
      // it is in the log of the server; the user learns it with the first call
    }
  }
}

function prompt(app: string, definition: RawObject): PromptDescriptor {
  const name = definition.name as string;
  return { app, name, publicName: `${app}_${name}`, definition };
}

const isSame = (some: readonly Offer[], others: readonly Offer[]): boolean =>
  some.length === others.length && some.every((offer, index) => offer === others[index]);

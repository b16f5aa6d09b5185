import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { openCall, type CallContext, type RawObject } from '@manifold/tool-provider';
import { Prompts, Resources, ToolRegistry, type View } from '@manifold/tool-registry';

/** Lists that can change, by their MCP names. */
export type ChangingList = 'tools' | 'resources' | 'prompts';

/** The state that decides which lists a client is shown, beside its principal. The values may change while the client is connected. */
export interface Shown {
  readonly view: View;
  /** Capabilities of the client; undefined if it supports no requests from servers. */
  readonly capabilities?: RawObject;
  /** Public names of the tools that a client in dynamic mode has enabled. */
  readonly enabledTools?: readonly string[];
}

/** Tells lists that a client is shown apart by digests, so that a client hears of changes of its own lists only. */
@Injectable()
export class ShownLists {
  /** Digests by the lists' items. Clients that see the same items share them. */
  private readonly digests = new WeakMap<object, string>();

  constructor(
    private readonly tools: ToolRegistry,
    private readonly resources: Resources,
    private readonly prompts: Prompts,
    private readonly config: Config,
  ) {}

  /** Returns the digest of a list as the client would get it now. */
  async digest(list: ChangingList, principal: Principal, shown: Shown): Promise<string> {
    const call = openCall({ principal, requestId: randomUUID(), timeoutMs: this.config.toolCallTimeoutMs });
    try {
      return await this.digestIn(list, shown, call.context);
    } finally {
      call.close();
    }
  }

  private async digestIn(list: ChangingList, shown: Shown, context: CallContext): Promise<string> {
    switch (list) {
      case 'tools':
        return this.ofTools(shown, context);
      case 'resources': {
        const { resources, templates } = await this.resources.index(context, shown.view);
        return `${this.of(resources)} ${this.of(templates)}`;
      }
      case 'prompts':
        return this.of((await this.prompts.index(context, shown.view)).prompts);
    }
  }

  private async ofTools({ view, capabilities, enabledTools = [] }: Shown, context: CallContext): Promise<string> {
    const catalogue = await this.tools.list(context, view);
    if (!view.isDynamic) return this.of(catalogue.jsonFor(capabilities));
    return digestOf(JSON.stringify(enabledTools.map((name) => catalogue.find(name)?.definition)));
  }

  private of(items: Uint8Array | readonly RawObject[]): string {
    const known = this.digests.get(items);
    if (known !== undefined) return known;
    const digest = digestOf(items instanceof Uint8Array ? items : JSON.stringify(items));
    this.digests.set(items, digest);
    return digest;
  }
}

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('base64url');

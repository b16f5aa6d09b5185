import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ToolDescriptor } from '@manifold/tool-provider';
import { toolOf, type ActionDescription, type ConnectedApp } from './integration-app.mapper.js';

const MOST_APPS = 1_000;
const MOST_LISTINGS = 1_000;

/** The tools of one integration. */
export interface AppTools {
  /** A hash of the integration and the descriptions of its actions. */
  readonly digest: string;
  readonly tools: readonly ToolDescriptor[];
}

/** Makes tools from actions. Equal descriptions give the same objects, and equal combinations the same array, for all users. */
export class SharedTools {
  private readonly apps = new LRUCache<string, AppTools>({ max: MOST_APPS });
  private readonly listings = new LRUCache<string, readonly ToolDescriptor[]>({ max: MOST_LISTINGS });

  ofApp(app: ConnectedApp, actions: readonly ActionDescription[]): AppTools {
    const described = JSON.stringify([app.key, app.name, actions]);
    const digest = createHash('sha256').update(described).digest('base64');
    const known = this.apps.get(digest);
    if (known) return known;
    const made = { digest, tools: actions.map((action) => toolOf(app, action)) };
    this.apps.set(digest, made);
    return made;
  }

  ofApps(apps: readonly AppTools[]): readonly ToolDescriptor[] {
    const key = apps.map(({ digest }) => digest).join();
    const known = this.listings.get(key);
    if (known) return known;
    const tools = apps.flatMap((app) => app.tools);
    this.listings.set(key, tools);
    return tools;
  }
}

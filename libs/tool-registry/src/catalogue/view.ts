import { LRUCache } from 'lru-cache';

/** The tools that a client wants to see, and whether they are listed at once. Immutable; equal views share one object. */
export interface View {
  /** Key of the view. Two views with the same key are equal. */
  readonly key: string;
  /** Apps whose tools are shown; undefined: all. */
  readonly apps?: ReadonlySet<string>;
  /** The client searches for tools and enables them one by one, instead of listing them all. */
  readonly isDynamic: boolean;
  /** The only app of the view. Its tools have their own names, as if the client were connected directly to the app. */
  readonly own?: string;
}

/** View of a client that requests no specific view. */
export const EVERYTHING: View = { key: 'static', apps: undefined, isDynamic: false };
const EVERYTHING_DYNAMIC: View = { key: 'dynamic', apps: undefined, isDynamic: true };

/** Maximum number of cached views. Clients choose their views, so memory needs a limit. */
const MAX_VIEWS = 1_000;
const known = new LRUCache<string, View>({ max: MAX_VIEWS });

/** @param apps apps in any order; undefined: all */
export function viewOf(apps: Iterable<string> | undefined, isDynamic: boolean): View {
  if (!apps) return isDynamic ? EVERYTHING_DYNAMIC : EVERYTHING;
  const sorted = [...new Set(apps)].sort();
  const key = `${isDynamic ? 'dynamic' : 'static'}:${sorted.join(',')}`;
  const seen = known.get(key);
  if (seen) return seen;
  const view = { key, apps: new Set(sorted), isDynamic };
  known.set(key, view);
  return view;
}

/** Returns the view of a client that is connected to one app. */
export function ownViewOf(app: string): View {
  const key = `own:${app}`;
  const seen = known.get(key);
  if (seen) return seen;
  const view = { key, apps: new Set([app]), isDynamic: false, own: app };
  known.set(key, view);
  return view;
}

export const shows = ({ apps }: View, app: string): boolean => apps === undefined || apps.has(app);

import { LRUCache } from 'lru-cache';

/** Which of a principal's tools a client wants to see, and whether all at once. Immutable; one object for all who want the same. */
export interface View {
  /** Two views with the same key are the same. */
  readonly key: string;
  /** The apps whose tools are shown; undefined: all. */
  readonly apps?: ReadonlySet<string>;
  /** Tools are found and enabled one by one, instead of being listed. */
  readonly isDynamic: boolean;
  /** The one app that is shown under its own names, as if the client were connected to it and to nothing else. */
  readonly own?: string;
}

/** What a client sees that asks for nothing special. */
export const EVERYTHING: View = { key: 'static', apps: undefined, isDynamic: false };
const EVERYTHING_DYNAMIC: View = { key: 'dynamic', apps: undefined, isDynamic: true };

/** Clients choose their views: what many of them think of must not stay in memory. */
const MAX_VIEWS = 1_000;
const known = new LRUCache<string, View>({ max: MAX_VIEWS });

/** @param apps in any order; undefined: all */
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

/** What a client sees that is connected to one app. */
export function ownViewOf(app: string): View {
  const key = `own:${app}`;
  const seen = known.get(key);
  if (seen) return seen;
  const view = { key, apps: new Set([app]), isDynamic: false, own: app };
  known.set(key, view);
  return view;
}

export const shows = ({ apps }: View, app: string): boolean => apps === undefined || apps.has(app);

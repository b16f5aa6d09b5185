import { Topic, type Bus } from '@manifold/bus';
import type { ChangedApp } from '@manifold/tool-provider';

/** A provider has found out that tools are others now: those of one catalogue key, or all. */
export const TOOLS_CHANGED = new Topic<{
  readonly provider: string;
  readonly key?: string;
  readonly app?: ChangedApp;
}>('tools.changed');

/** A replica has listed somebody's tools for the first time. */
export const TOOLS_LISTED = new Topic<{ readonly provider: string; readonly key: string; readonly digest: string }>(
  'tools.listed',
);

/**
 * The other replicas, which have listings of their own. Of a provider that does not announce its changes, each finds them for itself: a
 * client that one of them tells would list what another one still shows.
 */
export interface OtherReplicas {
  /** The tools of a catalogue key are others now. Resolves when all others ask for them anew. */
  changed(key: string): Promise<void>;
  /** The tools of a catalogue key were listed here for the first time. Whoever shows others says so. */
  listed(key: string, digest: string): void;
}

/** @returns undefined where there are none */
export function othersOn(bus: Bus, provider: string): OtherReplicas | undefined {
  if (!bus.isShared) return undefined;
  return {
    changed: async (key) => void (await bus.announce(TOOLS_CHANGED, { provider, key })),
    listed: (key, digest) => void bus.announce(TOOLS_LISTED, { provider, key, digest }),
  };
}

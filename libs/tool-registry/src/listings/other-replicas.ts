import { Topic, type Bus } from '@manifold/bus';
import type { ChangedApp } from '@manifold/tool-provider';

/** Message: tools of a provider have changed, those of one catalogue key or all. */
export interface ToolsChanged {
  readonly provider: string;
  readonly key?: string;
  readonly app?: ChangedApp;
}

/** Message: a replica has listed the tools of a catalogue key for the first time. */
export interface ToolsListed {
  readonly provider: string;
  readonly key: string;
  readonly digest: string;
}

export const TOOLS_CHANGED = new Topic<ToolsChanged>('tools.changed');
export const TOOLS_LISTED = new Topic<ToolsListed>('tools.listed');

/**
 * The other replicas, which have separate listings. If a provider does not announce its changes, each replica detects them separately.
 * Without these messages, a client that one replica notifies could list old tools at another replica.
 */
export interface OtherReplicas {
  /** Announces that the tools of a catalogue key have changed. Resolves when all other replicas will fetch them again. */
  changed(key: string): Promise<void>;
  /** Announces the first listing of a catalogue key on this replica. A replica that shows other tools announces a change. */
  listed(key: string, digest: string): void;
}

/** @returns undefined if there are no other replicas */
export function othersOn(bus: Bus, provider: string): OtherReplicas | undefined {
  if (!bus.isShared) return undefined;
  return {
    changed: async (key) => void (await bus.announce(TOOLS_CHANGED, { provider, key })),
    listed: (key, digest) => void bus.announce(TOOLS_LISTED, { provider, key, digest }),
  };
}

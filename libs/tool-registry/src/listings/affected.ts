import type { Principal } from '@manifold/auth';
import { scopesChanges, type ChangedApp, type ToolProvider } from '@manifold/tool-provider';

/** Returns whether a change that a provider has announced affects this principal. */
export const isAffected = (provider: ToolProvider, principal: Principal, changed: ChangedApp | undefined): boolean =>
  changed === undefined || !scopesChanges(provider) || provider.isAffected(principal, changed);

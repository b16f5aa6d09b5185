import type { Principal } from '@manifold/auth';
import { concernsSome, type ChangedApp, type ToolProvider } from '@manifold/tool-provider';

/** Whether a change that a provider has announced is any of this principal's business. */
export const isConcerned = (provider: ToolProvider, principal: Principal, changed: ChangedApp | undefined): boolean =>
  changed === undefined || !concernsSome(provider) || provider.isConcerned(principal, changed);

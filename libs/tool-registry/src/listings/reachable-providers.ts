import type { Principal } from '@manifold/auth';
import type { ToolProvider } from '@manifold/tool-provider';

/**
 * Returns whether the principal may use the provider. If only one upstream can verify the principal's credential (`confinedTo`), the
 * principal may use only that provider.
 */
export const isReachable = (provider: ToolProvider, { confinedTo }: Principal): boolean =>
  confinedTo === undefined || provider.id === confinedTo;

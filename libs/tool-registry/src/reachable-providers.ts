import type { Principal } from '@manifold/auth';
import type { ToolProvider } from '@manifold/tool-provider';

/** Whose credential only one upstream can judge reaches that upstream alone: to all others it is a stranger. */
export const isReachable = (provider: ToolProvider, { confinedTo }: Principal): boolean =>
  confinedTo === undefined || provider.id === confinedTo;

import type { ReceivedRequest } from '../http/exchange.js';

/**
 * The requests that a behaviour applies to. A target is the name of an action (`SLACK_SEND_MESSAGE`: its runs, in both generations of the
 * API), or a path below the project (`/actions`, `/tools`, `/sdk/integrations`, `/sdk/me`, `/sdk/proxy/slack`, `/sdk/portal`). A method may
 * precede the path (`GET /actions`: listings).
 */
export type Target = string;

const PATH = /^(?:[A-Z]+ )?\/(?:actions|tools|sdk\/.+)$/;

/** Checks a target, so that a test with a misspelt one does not pass. */
export function checkTarget(target: Target, isAction: (name: string) => boolean): void {
  if (!PATH.test(target) && !isAction(target)) throw new Error(`Neither an action nor a path of Paragon: ${target}`);
}

export function hits(target: Target, { method, path, action }: ReceivedRequest): boolean {
  const below = path.replace(/^\/projects\/[^/]+/, '');
  return target === action || target === below || target === `${method} ${below}`;
}

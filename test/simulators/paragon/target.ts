import type { ReceivedRequest } from '../http/exchange.js';

/**
 * Requests that a test means: the name of an action (`SLACK_SEND_MESSAGE`: its runs, in both generations of the API), or a path below the
 * project (`/actions`, `/tools`, `/sdk/integrations`, `/sdk/me`, `/sdk/proxy/slack`, `/sdk/portal`), with a method before it or without
 * (`GET /actions`: listings).
 */
export type Target = string;

const PATH = /^(?:[A-Z]+ )?\/(?:actions|tools|sdk\/.+)$/;

/** Keeps a slip of the pen from becoming a test that passes. */
export function checkTarget(target: Target, isAction: (name: string) => boolean): void {
  if (!PATH.test(target) && !isAction(target)) throw new Error(`Neither an action nor a path of Paragon: ${target}`);
}

export function hits(target: Target, { method, path, action }: ReceivedRequest): boolean {
  const below = path.replace(/^\/projects\/[^/]+/, '');
  return target === action || target === below || target === `${method} ${below}`;
}

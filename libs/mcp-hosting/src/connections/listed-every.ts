import { isObject } from '@manifold/async';
import type { UpstreamConnection } from '@manifold/mcp-client';

/** A server that announces changes is listed so much more rarely: announcements may be lost. */
const RARELY = 5;

/** Returns the milliseconds from one regular listing of a server to the next. */
export function listedEvery({ initializeResult: { capabilities } }: UpstreamConnection, ttlMs: number): number {
  const tools = isObject(capabilities) ? capabilities.tools : undefined;
  return isObject(tools) && tools.listChanged === true ? RARELY * ttlMs : ttlMs;
}

import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { RawObject } from '@manifold/tool-provider';
import { AppFeatures, type View } from '@manifold/tool-registry';
import { requestableCapabilities } from '../sessions/call-client.js';

const TASKS = 'io.modelcontextprotocol/tasks';

/** Capability that a client must declare to use tasks, as `ClientCapabilities`. */
export const TASKS_CAPABILITY: RawObject = { extensions: { [TASKS]: {} } };

export const declaresTasks = (capabilities: RawObject | undefined): boolean =>
  isObject(capabilities?.extensions) && isObject(capabilities.extensions[TASKS]);

/**
 * The task extension: calls whose result comes later. It is available at a server's own endpoint if the server supports it. At the
 * endpoint of all servers, a task could not be assigned to a server. There, servers are not told that a client supports tasks.
 */
@Injectable()
export class TaskExtension {
  constructor(private readonly features: AppFeatures) {}

  isServed({ own }: View, principal: Principal): boolean {
    return own !== undefined && declaresTasks(this.features.of(own, principal)?.capabilities);
  }

  /**
   * Returns the client's capabilities that are passed on to a backend.
   * @returns undefined if the client supports neither requests from servers nor tasks that the server also supports
   */
  relayedCapabilities(declared: RawObject, view: View, principal: Principal): RawObject | undefined {
    if (!declaresTasks(declared) || !this.isServed(view, principal)) return requestableCapabilities(declared);
    return { ...declared, extensions: { [TASKS]: (declared.extensions as RawObject)[TASKS] } };
  }
}

import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { RawObject } from '@manifold/tool-provider';
import { AppFeatures, type View } from '@manifold/tool-registry';
import { askable } from './asked-client.js';
import { isObject } from './json-rpc.js';

const TASKS = 'io.modelcontextprotocol/tasks';

/** What a client must declare to have to do with tasks, as `ClientCapabilities`. */
export const TASKS_CAPABILITY: RawObject = { extensions: { [TASKS]: {} } };

export const declaresTasks = (capabilities: RawObject | undefined): boolean =>
  isObject(capabilities?.extensions) && isObject(capabilities.extensions[TASKS]);

/**
 * The extension of tasks: calls whose result comes later. It is there at the endpoint of a server that has it. At the endpoint of all
 * servers a task would be nobody's, so no server hears there that a client knows tasks.
 */
@Injectable()
export class TaskExtension {
  constructor(private readonly features: AppFeatures) {}

  isServed({ own }: View, principal: Principal): boolean {
    return own !== undefined && declaresTasks(this.features.of(own, principal)?.capabilities);
  }

  /** What a backend hears of a client: undefined where it can neither be asked anything nor knows tasks that the backend has. */
  relayedCapabilities(declared: RawObject, view: View, principal: Principal): RawObject | undefined {
    if (!declaresTasks(declared) || !this.isServed(view, principal)) return askable(declared);
    return { ...declared, extensions: { [TASKS]: (declared.extensions as RawObject)[TASKS] } };
  }
}

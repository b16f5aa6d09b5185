import { Injectable } from '@nestjs/common';
import type { MethodHandler } from './method-handler.js';
import { PromptMethods } from './prompt-methods.js';
import { ResourceMethods } from './resource-methods.js';
import { SessionMethods } from './session-methods.js';
import { TaskMethods } from './task-methods.js';
import { ToolMethods } from './tool-methods.js';

/** The handlers of all methods, by name. Methods that concern only the connection, such as `ping`, are answered where they arrive. */
@Injectable()
export class Methods {
  /** Methods of the legacy era, including those that the modern era has removed. */
  readonly inSessions: ReadonlyMap<string, MethodHandler>;
  readonly inModernEra: ReadonlyMap<string, MethodHandler>;

  constructor(
    tools: ToolMethods,
    resources: ResourceMethods,
    prompts: PromptMethods,
    session: SessionMethods,
    tasks: TaskMethods,
  ) {
    const inBothEras = { ...tools.handlers, ...resources.handlers, ...prompts.handlers };
    this.inSessions = new Map(Object.entries({ ...inBothEras, ...session.handlers }));
    this.inModernEra = new Map(Object.entries({ ...inBothEras, ...tasks.handlers }));
  }
}

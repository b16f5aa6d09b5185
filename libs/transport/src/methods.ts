import { Injectable } from '@nestjs/common';
import type { MethodHandler } from './method-handler.js';
import { PromptMethods } from './prompt-methods.js';
import { ResourceMethods } from './resource-methods.js';
import { SessionMethods } from './session-methods.js';
import { TaskMethods } from './task-methods.js';
import { ToolMethods } from './tool-methods.js';

/** The methods that are run with a context, by name. What concerns only the connection is answered where it arrives. */
@Injectable()
export class Methods {
  private readonly inBothEras: ReadonlyMap<string, MethodHandler>;
  private readonly inSessions: ReadonlyMap<string, MethodHandler>;
  private readonly inModernEra: ReadonlyMap<string, MethodHandler>;

  constructor(
    tools: ToolMethods,
    resources: ResourceMethods,
    prompts: PromptMethods,
    session: SessionMethods,
    tasks: TaskMethods,
  ) {
    const handlers = { ...tools.handlers, ...resources.handlers, ...prompts.handlers };
    this.inBothEras = new Map(Object.entries(handlers));
    this.inSessions = new Map(Object.entries(session.handlers));
    this.inModernEra = new Map(Object.entries(tasks.handlers));
  }

  findInModernEra(method: string): MethodHandler | undefined {
    return this.inBothEras.get(method) ?? this.inModernEra.get(method);
  }

  /** Also those that the modern era has no more. */
  findInSession(method: string): MethodHandler | undefined {
    return this.inBothEras.get(method) ?? this.inSessions.get(method);
  }
}

import { Injectable } from '@nestjs/common';
import { TaskExtension, TASKS_CAPABILITY } from '../methods/task-extension.js';
import { requestableCapabilities } from '../sessions/call-client.js';
import { Introductions } from '../sessions/introductions.js';
import { capabilitiesOf } from './modern-caller.js';
import type { ModernRequest } from './modern-request.js';
import { discoverResult } from './modern-result.js';

/** Handles `server/discover`: the server description of the modern era. */
@Injectable()
export class Discovery {
  constructor(
    private readonly introductions: Introductions,
    private readonly tasks: TaskExtension,
  ) {}

  /** Returns the result as JSON text. */
  resultFor({ message, principal, view }: ModernRequest): string {
    const client = requestableCapabilities(capabilitiesOf(message.params ?? {}));
    const introduction = this.introductions.of(view, principal, client);
    const tasks = this.tasks.isServed(view, principal) ? TASKS_CAPABILITY : undefined;
    return discoverResult(introduction, view.own === undefined, tasks);
  }
}

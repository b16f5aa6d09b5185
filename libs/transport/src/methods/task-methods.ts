import { Injectable } from '@nestjs/common';
import type { CallContext } from '@manifold/tool-provider';
import { Tasks } from '@manifold/tool-registry';
import { invalidParams, JsonRpcError, methodNotFound, MISSING_CLIENT_CAPABILITY } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';
import { declaresTasks, TaskExtension, TASKS_CAPABILITY } from './task-extension.js';
import { TaskIds } from './task-ids.js';

export const TASK_METHODS: readonly string[] = ['tasks/get', 'tasks/update', 'tasks/cancel'];

/** Handles the methods of the task extension, in the modern era. */
@Injectable()
export class TaskMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = Object.fromEntries(
    TASK_METHODS.map((method): [string, MethodHandler] => [
      method,
      (params, context, client) => this.relay(method, params, context, client),
    ]),
  );

  constructor(
    private readonly tasks: Tasks,
    private readonly extension: TaskExtension,
    private readonly ids: TaskIds,
  ) {}

  private async relay(method: string, params: Params, context: CallContext, { view }: Client): Promise<MethodResult> {
    const { principal } = context;
    if (view.own === undefined || !this.extension.isServed(view, principal)) throw methodNotFound(method, 404);
    if (!declaresTasks(context.client?.capabilities)) throw missingTasks(method);
    const { taskId, ...others }: Record<string, unknown> = params;
    delete others._meta;
    const id = this.ids.open(taskId, principal, view.own);
    if (id === undefined) throw invalidParams('Unknown task');
    const result = await this.tasks.relay(view.own, method, { ...others, taskId: id }, context);
    if (!result) throw methodNotFound(method, 404);
    return result.taskId === id ? { ...result, taskId } : result;
  }
}

const missingTasks = (method: string): JsonRpcError =>
  new JsonRpcError(MISSING_CLIENT_CAPABILITY, `Missing required client capability for ${method}`, 400, {
    data: { requiredCapabilities: TASKS_CAPABILITY },
  });

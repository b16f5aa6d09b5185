import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { RawObject } from '@manifold/tool-provider';
import { SealedText } from '../json-rpc/sealed-text.js';

/**
 * Seals the task ids that clients see for their user. Users may share a connection to a server, and the server cannot tell them apart.
 * A user who learns the id of another user's task must not get its result.
 */
@Injectable()
export class TaskIds {
  constructor(private readonly sealed: SealedText) {}

  /** Replaces the task id in the result of a call that has begun a task. */
  sealedIn(result: RawObject, principal: Principal, app: string | undefined): RawObject {
    const { taskId } = result;
    if (typeof taskId !== 'string' || app === undefined) return result;
    return { ...result, taskId: this.sealed.seal(taskId, purposeOf(principal, app)) };
  }

  /** @returns the app's own id; undefined if the id was not issued to this user */
  open(taskId: unknown, principal: Principal, app: string): string | undefined {
    return typeof taskId === 'string' ? this.sealed.open(taskId, purposeOf(principal, app)) : undefined;
  }
}

const purposeOf = ({ tenant, key }: Principal, app: string): string[] => ['task', tenant, key, app];

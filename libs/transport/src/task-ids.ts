import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { RawObject } from '@manifold/tool-provider';
import { SealedText } from './sealed-text.js';

/**
 * The ids of tasks as clients see them: sealed for their user. Users share a connection to a server, which cannot tell them apart: one
 * who learns the id of another's task must not get its result.
 */
@Injectable()
export class TaskIds {
  constructor(private readonly sealed: SealedText) {}

  /** The result of a call that has begun a task. */
  sealedIn(result: RawObject, principal: Principal, app: string | undefined): RawObject {
    const { taskId } = result;
    if (typeof taskId !== 'string' || app === undefined) return result;
    return { ...result, taskId: this.sealed.seal(taskId, purposeOf(principal, app)) };
  }

  /** @returns the app's own id; undefined for one that this user was not given */
  open(taskId: unknown, principal: Principal, app: string): string | undefined {
    return typeof taskId === 'string' ? this.sealed.open(taskId, purposeOf(principal, app)) : undefined;
  }
}

const purposeOf = ({ tenant, key }: Principal, app: string): string[] => ['task', tenant, key, app];

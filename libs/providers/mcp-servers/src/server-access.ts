import { Injectable } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import type { CallContext } from '@manifold/tool-provider';
import { ConsentRequests } from './consent/consent-requests.js';
import { connectionTo } from './server-connection.js';
import type { CallableServer, ServerRun } from './server-run.js';

/** The way to the server of a caller, whatever is asked of it. */
@Injectable()
export class ServerAccess {
  constructor(private readonly consent: ConsentRequests) {}

  /** Runs a task with the server of this caller. A refusal that the caller's consent would lift comes with a link. */
  async serve<T>(run: ServerRun, context: CallContext, task: (server: CallableServer) => Promise<T>): Promise<T> {
    const { principal } = context;
    const preparation = run.prepare(principal);
    if (preparation) await untilAborted(preparation, context.signal);
    try {
      return await counted(run.for(principal), task);
    } catch (error) {
      throw await this.consent.explained(error, run.record, principal);
    }
  }

  /**
   * Of a user who has agreed: waits until the server has shown what it has.
   * @throws ProviderError `reauth_required` if the server wants a consent that the user has not given
   */
  async demandConsent(run: ServerRun, context: CallContext): Promise<void> {
    await this.serve(run, context, async (server) => {
      const connection = await connectionTo(server, context.signal);
      await untilAborted(server.settled, context.signal);
      // The listing of the start may have been refused: now there is somebody who can be told, and do something about it.
      if (!run.findings.areToolsKnown) await run.findings.listed(await connection.listTools(context.signal));
    });
  }
}

async function counted<T>(server: CallableServer, task: (server: CallableServer) => Promise<T>): Promise<T> {
  server.calls.begin();
  try {
    return await task(server);
  } finally {
    server.calls.end();
  }
}

import { Injectable } from '@nestjs/common';
import { Bus, ReplicaGoneError } from '@manifold/bus';
import { Canceller } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import { abortReason, NotSentError, type RawObject, type RequestOptions } from '@manifold/mcp-client';
import type { SingletonServer } from './singleton-host.service.js';
import { RemoteConnection, type OperationChannel } from './remote-connection.js';
import { ATTACH, OPERATION, type Operation, type RequestMessage } from './singleton-messages.js';

/** A connection to a server on another replica, and a function to call when that replica has ended. */
export interface AttachedConnection {
  readonly connection: RemoteConnection;
  abandon(): void;
}

/** Location of a connection on another replica. */
interface There {
  readonly replica: string;
  readonly connection: string;
  /** Aborts when the other replica will send nothing more. */
  readonly dead: Canceller;
  lost(reason: string): void;
}

/** Uses singleton servers that run on another replica. */
@Injectable()
export class SingletonClient {
  constructor(private readonly bus: Bus) {}

  /**
   * Attaches to a server on another replica, and waits until it has started there.
   * @param over called when the connection is closed or lost
   * @returns undefined if the server does not run there with these settings, or the replica cannot be reached
   */
  attach(replica: string, server: SingletonServer, over: () => void): Promise<AttachedConnection | undefined> {
    const [dead, detached] = [new Canceller(), new Canceller()];
    const detach = (): void => detached.abort(new Error('The connection is not used any more'));
    let connection: RemoteConnection | undefined;
    const lost = (reason = 'The server has ended'): void => connection?.lost(reason);
    const abandon = (): void => {
      dead.abort(unreachable());
      lost('The replica that runs the server cannot be reached');
      detach();
    };
    return new Promise((resolve) => {
      const { key, settings } = server;
      const used = this.bus.call(
        replica,
        ATTACH,
        { key, settings },
        {
          signal: detached,
          onMessage: (message) => {
            if (message.kind !== 'attached') return connection?.received(message);
            const channel = this.channelTo({ replica, connection: message.connection, dead, lost }, detach);
            connection = new RemoteConnection(message.initializeResult, channel, over);
            resolve({ connection, abandon });
          },
        },
      );
      void used.then(lost, () => detached.aborted || abandon()).then(() => resolve(undefined));
    });
  }

  private channelTo(there: There, detach: () => void): OperationChannel {
    return {
      send: (operation, options) => this.send(there, operation, options),
      unsubscribe: (uri) => {
        const unsubscribed = this.send(there, { kind: 'unsubscribe', uri }, { signal: there.dead });
        unsubscribed.catch(() => undefined); // it has ended with the connection
      },
      detach,
    };
  }

  private async send<Value>(there: There, operation: Operation, options: RequestOptions): Promise<Value> {
    const { replica, connection, dead } = there;
    const { signal } = options;
    if (signal.aborted) throw abortReason(signal);
    const onMessage = (message: RequestMessage) => passOn(message, options);
    const given = new Canceller(); // ends the operation at the other replica, too
    const [left, lost] = [signal, dead].map((cause) => ({ handleEvent: () => given.abort(cause.reason) }));
    signal.addEventListener('abort', left!);
    dead.addEventListener('abort', lost!);
    if (dead.aborted) given.abort(dead.reason);
    try {
      const called = this.bus.call(replica, OPERATION, { connection, operation }, { signal: given, onMessage });
      return (await called) as Value;
    } catch (error) {
      if (error instanceof NotSentError) there.lost(error.message); // before `ATTACH` is answered
      if (signal.aborted) throw abortReason(signal);
      throw error instanceof ReplicaGoneError ? unreachable(error) : error;
    } finally {
      signal.removeEventListener('abort', left!);
      dead.removeEventListener('abort', lost!);
    }
  }
}

/** Passes on what the server sends for a request. @returns the answers of the client */
function passOn(
  message: RequestMessage,
  { onProgress, onLog, client }: RequestOptions,
): Promise<Readonly<Record<string, RawObject>>> | undefined {
  if (message.kind === 'progress') onProgress?.(message.progress);
  else if (message.kind === 'log') onLog?.(message.message);
  else return client?.request(message.requests);
  return undefined;
}

/** Returns the error of a call to a singleton server whose replica does not answer. */
export const unreachable = (cause?: unknown): ProviderError =>
  new ProviderError('upstream_unavailable', 'The replica that runs the server cannot be reached', { cause });

import type { ToolDefinition } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import type { LogRing } from './log-ring.js';
import type { Pipe } from './pipe.js';
import { listAllTools } from './tool-listing.js';
import type { RawObject, RequestOptions, UpstreamConnection } from './upstream-connection.js';

interface McpConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly pipe: Pipe;
  readonly log: LogRing;
  readonly initializeResult: () => RawObject;
  readonly pid?: number;
}

/** An initialised connection, whatever its pipe. */
export class McpConnection implements UpstreamConnection {
  constructor(private readonly parts: McpConnectionParts) {}

  get initializeResult(): RawObject {
    return this.parts.initializeResult();
  }

  get pid(): number | undefined {
    return this.parts.pid;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    return this.parts.rpc.request(method, params, options);
  }

  listTools(signal: AbortSignal): Promise<readonly ToolDefinition[]> {
    return listAllTools(this.parts.rpc, this.parts.log, signal);
  }

  onToolsChanged(listener: () => void): void {
    this.parts.rpc.onToolsChanged(listener);
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: { readonly endSession?: boolean }): Promise<void> {
    this.parts.rpc.close();
    return this.parts.pipe.close(options);
  }
}

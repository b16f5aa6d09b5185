import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { ToolRegistry } from '@manifold/tool-registry';
import { JsonRpcError, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';
import { isApp } from '../http/view-query.js';

/** Checks that the path of a server's endpoint names a server that the caller can use. */
@Injectable()
export class KnownServers {
  constructor(private readonly registry: ToolRegistry) {}

  /** @throws JsonRpcError 404 if the caller has no such server */
  async require(server: string, { id: requestId }: FastifyRequest, principal: Principal): Promise<void> {
    if (isApp(server) && (await this.registry.knowsApp(server, principal, requestId))) return;
    throw new JsonRpcError(TRANSPORT_ERROR, 'Server not found', 404);
  }
}

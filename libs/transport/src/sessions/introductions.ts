import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { Params } from '../json-rpc/json-rpc.js';
import { AppFeatures, type View } from '@manifold/tool-registry';
import { SERVER_INFO } from '../json-rpc/server-info.js';

/** Server description that the gateway sends to a client, in both eras. It depends on the view. */
export interface Introduction {
  /** MCP `ServerCapabilities`. */
  readonly capabilities: Params;
  readonly instructions?: string;
  /** MCP `Implementation`. */
  readonly serverInfo: Params;
}

const THE_GATEWAY: Introduction = {
  capabilities: {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  },
  serverInfo: SERVER_INFO,
};

/**
 * Provides the server description for `initialize` and `server/discover`. At a server's own endpoint, it is the description of that
 * server. Everywhere else it is the gateway's own.
 */
@Injectable()
export class Introductions {
  constructor(private readonly features: AppFeatures) {}

  /** @param client capabilities of the client; undefined if it supports no requests from servers */
  of({ own }: View, principal: Principal, client: Params | undefined): Introduction {
    if (client) this.features.onClientConnected(principal, client);
    const features = own === undefined ? undefined : this.features.of(own, principal);
    if (!features) return THE_GATEWAY;
    const { capabilities, instructions, serverInfo = SERVER_INFO } = features;
    return { capabilities: relayed(capabilities), instructions, serverInfo };
  }
}

/** Returns those of a server's capabilities that the gateway can relay. */
function relayed(declared: Params): Params {
  const capabilities: Record<string, unknown> = {};
  for (const [name, offered] of Object.entries(THE_GATEWAY.capabilities)) {
    const wanted = declared[name];
    if (isObject(wanted)) capabilities[name] = sharedFlags(offered as Params, wanted);
  }
  return capabilities;
}

const sharedFlags = (offered: Params, declared: Params): Params =>
  Object.fromEntries(Object.keys(offered).flatMap((flag) => (declared[flag] === true ? [[flag, true]] : [])));

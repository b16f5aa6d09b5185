import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { isObject, type Params } from './json-rpc.js';
import { AppFeatures, type View } from '@manifold/tool-registry';
import { SERVER_INFO } from './server-info.js';

/** What the gateway says of itself to a client, in both eras: as the server that the view makes it. */
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

/** Answers `initialize` and `server/discover`: for the whole gateway, or in the words of the one server that the client wants. */
@Injectable()
export class Introductions {
  constructor(private readonly features: AppFeatures) {}

  /** @param client what the client can be asked for, if it can be asked for anything */
  of({ own }: View, principal: Principal, client: Params | undefined): Introduction {
    if (client) this.features.clientArrived(principal, client);
    const features = own === undefined ? undefined : this.features.of(own, principal);
    if (!features) return THE_GATEWAY;
    const { capabilities, instructions, serverInfo = SERVER_INFO } = features;
    return { capabilities: relayed(capabilities), instructions, serverInfo };
  }
}

/** Of what a server declared, as much as the gateway relays. What it does not know how to relay would be an empty promise. */
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

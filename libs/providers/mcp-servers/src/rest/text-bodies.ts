import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { errorCodes } from 'fastify';
import { parseToml } from '../client-files/toml-text.js';
import { parseYaml } from './yaml-text.js';

export const YAML = 'application/yaml';
/** The registered name of each, and the names that were in use before it was registered. */
const YAMLS = [YAML, 'application/x-yaml', 'text/yaml', 'text/x-yaml'];
const TOMLS = ['application/toml', 'application/x-toml', 'text/toml', 'text/x-toml'];

/** Maximum size of such a body. Parsing this size blocks the event loop for up to a second. Larger documents must be JSON. */
const MAX_BYTES = 128 * 1024;

const PARSERS = [
  ...YAMLS.map((type) => [type, parseYaml] as const),
  ...TOMLS.map((type) => [type, parseToml] as const),
];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route accepts YAML and TOML in addition to JSON. */
    textBody?: boolean;
  }
}

/** Parses YAML and TOML bodies for routes with `textBody`. Other routes refuse them as an unsupported media type. */
@Injectable()
export class TextBodies implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const options = { parseAs: 'string', bodyLimit: MAX_BYTES } as const;
    for (const [type, parse] of PARSERS) {
      fastify.addContentTypeParser<string>(type, options, (request, text, done) => {
        if (!request.routeOptions.config?.textBody) return done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(type));
        try {
          return done(null, parse(text));
        } catch (error) {
          return done(error as Error);
        }
      });
    }
  }
}

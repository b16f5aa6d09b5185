import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { errorCodes } from 'fastify';
import { parseYaml } from './yaml-text.js';

export const YAML = 'application/yaml';

/** Maximum size of a YAML body. Parsing this size blocks the event loop for up to a second. Larger documents must be JSON. */
const MAX_BYTES = 128 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route accepts YAML in addition to JSON. */
    yamlBody?: boolean;
  }
}

/** Parses `application/yaml` bodies for routes with `yamlBody`. Other routes refuse it as an unsupported media type. */
@Injectable()
export class YamlBodies implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    this.host.httpAdapter
      .getInstance<FastifyInstance>()
      .addContentTypeParser<string>(YAML, { parseAs: 'string', bodyLimit: MAX_BYTES }, (request, text, done) => {
        if (!request.routeOptions.config?.yamlBody) return done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(YAML));
        try {
          return done(null, parseYaml(text));
        } catch (error) {
          return done(error as Error);
        }
      });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { errorCodes } from 'fastify';
import { parseYaml } from './yaml-text.js';

export const YAML = 'application/yaml';

/** Parsing takes up to a second for this much, in which nothing else runs. Larger documents must be JSON. */
const MAX_BYTES = 128 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes YAML, too. */
    yamlBody?: boolean;
  }
}

/** Lets routes that ask for it (`yamlBody`) read `application/yaml`. For the others it stays a media type that they do not know. */
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

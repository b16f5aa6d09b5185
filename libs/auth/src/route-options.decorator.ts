import { RouteConfig } from '@nestjs/platform-fastify';

/** What this gateway knows about a route, besides its handler: Fastify's `request.routeOptions.config`. */
export interface RouteSettings {
  /** The route needs no credentials. */
  readonly public?: boolean;
  /** Bytes that its body may have, where that is not PAYLOAD_LIMIT. */
  readonly bodyLimit?: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    public?: boolean;
  }
}

const settingsOf = new WeakMap<object, RouteSettings>();

/**
 * Sets what is given and keeps the rest: Nest's own `RouteConfig` replaces what an earlier decorator of the same handler
 * set. For methods only, because Nest reads the configuration of handlers and ignores a controller's.
 */
export const RouteOptions =
  (settings: RouteSettings): MethodDecorator =>
  (target, name, descriptor) => {
    const handler = descriptor.value as object;
    const merged = { ...settingsOf.get(handler), ...settings };
    settingsOf.set(handler, merged);
    RouteConfig(merged)(target, name, descriptor);
  };

/** Anybody may call this route: the visible exception to "deny by default". */
export const Public = (): MethodDecorator => RouteOptions({ public: true });

import { RouteConfig } from '@nestjs/platform-fastify';

/** Settings of a route besides its handler, stored in Fastify's `request.routeOptions.config`. */
export interface RouteSettings {
  /** The route needs no credentials. */
  readonly public?: boolean;
  /** The route is public, and shows more to callers with a valid credential. Any other credential counts as none. */
  readonly knowsCallers?: boolean;
  /** The route needs a credential that the gateway has verified. Callers whom only an upstream can verify are answered 401. */
  readonly verifiedOnly?: boolean;
  /** The route only reads, and its requests are in the audit log all the same. */
  readonly audited?: boolean;
  /** Maximum body size in bytes, if it is less than PAYLOAD_LIMIT. */
  readonly bodyLimit?: number;
  /** The body is an MCP message. */
  readonly mcpMessage?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    public?: boolean;
    knowsCallers?: boolean;
    verifiedOnly?: boolean;
    audited?: boolean;
  }
}

const settingsOf = new WeakMap<object, RouteSettings>();

/**
 * Sets the given settings and keeps the others. Nest's own `RouteConfig` replaces what an earlier decorator of the same handler set. It
 * works on methods only, because Nest ignores the configuration of a controller.
 */
export const RouteOptions =
  (settings: RouteSettings): MethodDecorator =>
  (target, name, descriptor) => {
    const handler = descriptor.value as object;
    const merged = { ...settingsOf.get(handler), ...settings };
    settingsOf.set(handler, merged);
    RouteConfig(merged)(target, name, descriptor);
  };

/** Marks a route that requires no credentials. It is the explicit exception to "deny by default". */
export const Public = (): MethodDecorator => RouteOptions({ public: true });

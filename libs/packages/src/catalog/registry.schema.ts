import { z } from 'zod';

/** Text of a publisher, which users see: cut to a maximum length, and without control characters. */
const text = (most: number) =>
  z.string().transform((value) =>
    value
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, most),
  );

/** Text that becomes part of a command line, an environment or a header. */
const line = z
  .string()
  .max(2_000)
  .regex(/^\P{Cc}*$/u);

const input = z.object({
  description: text(500).optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  value: line.optional(),
  default: line.optional(),
  placeholder: text(200).optional(),
});

const variables = z.record(z.string(), input).optional();

const namedInput = input.extend({ name: z.string().min(1).max(128), variables });

const argument = input.extend({
  type: z.enum(['positional', 'named']),
  name: line.max(128).optional(),
  valueHint: line.max(128).optional(),
  variables,
});

const registryPackage = z.object({
  registryType: z.string().max(64),
  registryBaseUrl: z.string().max(500).optional(),
  identifier: z.string().min(1).max(500),
  version: z.string().max(255).optional(),
  transport: z.object({ type: z.string() }),
  packageArguments: z.array(argument).max(64).optional(),
  environmentVariables: z.array(namedInput).max(64).optional(),
});

const remote = z.object({
  type: z.string().max(64),
  url: z.string().min(1).max(2_000),
  headers: z.array(namedInput).max(64).optional(),
  variables,
});

/** Element of `servers`, with the used fields of `ServerResponse` and `ServerDetail`. Unknown fields are ignored. */
export const registryEntry = z.object({
  server: z.object({
    name: z
      .string()
      .regex(/^[A-Za-z0-9.-]+\/[A-Za-z0-9._-]+$/)
      .max(200),
    title: text(100).optional(),
    description: text(500),
    repository: z.object({ url: z.string().max(500).optional() }).optional(),
    websiteUrl: z.string().max(500).optional(),
    packages: z.array(registryPackage).max(64).optional(),
    remotes: z.array(remote).max(64).optional(),
  }),
  _meta: z
    .object({
      'io.modelcontextprotocol.registry/official': z.object({ status: z.string().optional() }).optional(),
    })
    .optional(),
});

/** Page of servers (`ServerList` of the registry API). */
export const registryAnswer = z.object({
  servers: z.array(z.unknown()),
  metadata: z.object({ nextCursor: z.string().max(1_000).nullish() }).optional(),
});

export type RegistryEntry = z.infer<typeof registryEntry>;
export type RegistryServer = RegistryEntry['server'];
export type RegistryPackage = z.infer<typeof registryPackage>;
export type RegistryRemote = z.infer<typeof remote>;
export type Input = z.infer<typeof input>;
export type NamedInput = z.infer<typeof namedInput>;
export type Argument = z.infer<typeof argument>;

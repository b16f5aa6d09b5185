import { specTypeSchemas } from '@modelcontextprotocol/client';
import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js';

/** A fault that a schema found. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
}

/** The part of Standard Schema that is used here. */
interface Schema {
  readonly '~standard': {
    validate(value: unknown): { readonly issues?: readonly SchemaIssue[] } | Promise<unknown>;
  };
}

/** The schemas by which clients with the official SDKs parse an item, of both lines. */
export type OfficialSchemas = readonly Schema[];

export const OFFICIAL = {
  tool: [ToolSchema, specTypeSchemas.Tool],
  resource: [ResourceSchema, specTypeSchemas.Resource],
  template: [ResourceTemplateSchema, specTypeSchemas.ResourceTemplate],
  prompt: [PromptSchema, specTypeSchemas.Prompt],
} as const satisfies Record<string, OfficialSchemas>;

/** Returns the words for a fault: the member, and what is wrong with it. */
export const describe = (issue: SchemaIssue): string => `${pathOf(issue).join('.') || 'it'}: ${issue.message}`;

/** Returns the names of the members that lead to a fault. */
export const pathOf = ({ path = [] }: SchemaIssue): string[] =>
  path.map((part) => String(typeof part === 'object' ? part.key : part));

/** Returns the first fault that one of the schemas finds. */
export function issueOf(value: unknown, schemas: OfficialSchemas): SchemaIssue | undefined {
  for (const { '~standard': standard } of schemas) {
    const result = standard.validate(value);
    if ('issues' in result && result.issues) return result.issues[0];
  }
  return undefined;
}

import { isObject } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';

/** Returns the definition without these parameters. If it has none of them, returns the same object. */
export function withoutParameters(definition: ToolDefinition, names: ReadonlySet<string>): ToolDefinition {
  const { inputSchema } = definition;
  if (names.size === 0 || !isObject(inputSchema)) return definition;
  const { properties, required } = inputSchema;
  const isHidden = (name: unknown): boolean => typeof name === 'string' && names.has(name);
  const hasProperty = isObject(properties) && Object.keys(properties).some(isHidden);
  const isRequired = Array.isArray(required) && required.some(isHidden);
  if (!hasProperty && !isRequired) return definition;
  const schema: Record<string, unknown> = { ...inputSchema };
  if (hasProperty)
    schema.properties = Object.fromEntries(Object.entries(properties).filter(([name]) => !isHidden(name)));
  if (isRequired) schema.required = required.filter((name) => !isHidden(name));
  return { ...definition, inputSchema: schema };
}

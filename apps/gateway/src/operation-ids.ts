import type { OpenAPIObject } from '@nestjs/swagger';

/** Returns the operation id: `serversList` for the method `list` of `ServersController`. Generated clients use it as function name. */
export function operationIdOf(controller: string, method: string): string {
  const noun = controller
    .replace(/Controller$/, '')
    .replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase());
  return `${noun}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

/**
 * Makes operation ids valid names. A method that serves two paths has ids that end in `[0]` and `[1]`; these endings become nothing and
 * `2`.
 */
export function withPlainIds(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const operation of [item.get, item.put, item.post, item.delete]) {
      if (operation?.operationId === undefined) continue;
      operation.operationId = operation.operationId.replace(/\[(\d+)\]$/, (_, index: string) =>
        index === '0' ? '' : String(Number(index) + 1),
      );
    }
  }
  return document;
}

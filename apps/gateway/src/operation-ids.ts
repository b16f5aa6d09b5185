import type { OpenAPIObject } from '@nestjs/swagger';

/** `serversList` of the method `list` of `ServersController`: the names of the functions of generated clients. */
export function operationIdOf(controller: string, method: string): string {
  const noun = controller
    .replace(/Controller$/, '')
    .replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase());
  return `${noun}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

/** A method that serves two paths has an id for each: `[0]` and `[1]`, which no language takes for a name, become nothing and `2`. */
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

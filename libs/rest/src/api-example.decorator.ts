import type { Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';

interface ExampleOptions {
  /** The preparation that the request needs. Unless given, a fresh gateway in development is enough. */
  readonly needs?: string;
  /** Whether the request needs the body. */
  readonly required?: boolean;
}

/** Documents the body of a route with an example. test/e2e/api-examples.spec.ts sends each example unchanged. */
export const ApiExample = (
  type: Type,
  value: object,
  { needs = 'a fresh gateway in development', required = true }: ExampleOptions = {},
): MethodDecorator => ApiBody({ type, required, examples: { example: { summary: `Needs: ${needs}`, value } } });

import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

/*
 * Lets plain Node run the TypeScript sources: `node --import <this file> child.ts`, or import this file before them. The same file is the
 * preloaded module and, in Node's loader thread, the hooks. It does for programs what jest.config.mjs does for specs.
 */
if (isMainThread) register(import.meta.url);

const LIBS = new URL('../../libs/', import.meta.url);

export function resolve(specifier, context, next) {
  const [, lib] = /^@manifold\/(.+)$/.exec(specifier) ?? [];
  if (lib) return next(new URL(`${lib}/src/index.ts`, LIBS).href, context);
  if (!/^\.{1,2}\/.*\.js$/.test(specifier) || !context.parentURL?.endsWith('.ts')) return next(specifier, context);
  const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
  return next(existsSync(source) ? source.href : specifier, context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}

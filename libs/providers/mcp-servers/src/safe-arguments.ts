import { ProviderError } from '@manifold/tool-provider';

/** Keys with which arguments could reach into the prototypes of whoever merges them (SECURITY.md, threat 18). */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

type Arguments = Readonly<Record<string, unknown>>;

/** @throws ProviderError `invalid_arguments` */
export function refuseUnsafeNames(args: Arguments): void {
  for (const name of FORBIDDEN) {
    if (Object.hasOwn(args, name))
      throw new ProviderError('invalid_arguments', `An argument must not be named ${name}`);
  }
}

/** The caller's arguments with the user's secrets laid over them, on an object without a prototype. */
export const withSecrets = (args: Arguments, secrets: Readonly<Record<string, string>>): Arguments =>
  Object.assign(Object.create(null) as Record<string, unknown>, args, secrets);

import type { ReceivedRequest } from '../http/exchange.js';

/** The requests that a behaviour applies to: those for the document of a package, or for the tarball of any of its versions. */
export type Target = `document ${string}` | `tarball ${string}`;

/** The object that a path requests. */
export interface Subject {
  readonly kind: 'document' | 'tarball';
  readonly name: string;
  /** The last part of a tarball's path. */
  readonly file?: string;
}

/** Returns the object that a path requests. @returns undefined for a path that no client requests to install a package */
export function subjectOf(path: string): Subject | undefined {
  const [, name, file] = /^\/((?:@[^/]+\/)?[^@/]+)(?:\/-\/([^/]+\.tgz))?$/.exec(decodeURIComponent(path)) ?? [];
  if (name === undefined) return undefined;
  return file === undefined ? { kind: 'document', name } : { kind: 'tarball', name, file };
}

export function hits(target: string, { path }: ReceivedRequest): boolean {
  const subject = subjectOf(path);
  return subject !== undefined && target === `${subject.kind} ${subject.name}`;
}

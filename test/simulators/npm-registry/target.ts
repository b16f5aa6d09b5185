import type { ReceivedRequest } from '../http/exchange.js';

/** Requests that a test means: for the document of a package, or for the tarball of any of its versions. */
export type Target = `document ${string}` | `tarball ${string}`;

/** What a path asks for. */
export interface Subject {
  readonly kind: 'document' | 'tarball';
  readonly name: string;
  /** The last part of a tarball's path. */
  readonly file?: string;
}

/** @returns undefined for a path that no client of a registry asks for to install something */
export function subjectOf(path: string): Subject | undefined {
  const [, name, file] = /^\/((?:@[^/]+\/)?[^@/]+)(?:\/-\/([^/]+\.tgz))?$/.exec(decodeURIComponent(path)) ?? [];
  if (name === undefined) return undefined;
  return file === undefined ? { kind: 'document', name } : { kind: 'tarball', name, file };
}

export function hits(target: string, { path }: ReceivedRequest): boolean {
  const subject = subjectOf(path);
  return subject !== undefined && target === `${subject.kind} ${subject.name}`;
}

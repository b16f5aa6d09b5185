import { threatsIn, type Known } from './references.js';

/** Public specifications. */
const PUBLIC =
  /^https:\/\/(?:modelcontextprotocol\.io\/specification|www\.rfc-editor\.org\/rfc|github\.com\/(?:MissionSquad\/mcp-api|useparagon\/paragon-mcp|integration-app\/mcp-server))(?:[/#]|$)/;
/** A document of this repository, with a heading or with the numbers of threats. */
const OWN = /^([\w/]+\.md)(?:#([\w-]+)|, (threats? [\w, ]+))?$/;

/** Finds the parts of a requirement's source that are neither a public specification nor in a document of this repository. */
export const sourceFaults = (source: string, known: Known): string[] =>
  source.split('; ').filter((part) => !PUBLIC.test(part) && !isOwn(part, known));

function isOwn(part: string, { paths, anchors, threats }: Known): boolean {
  const [, path = '', anchor, list] = OWN.exec(part) ?? [];
  if (!paths.has(path)) return false;
  if (anchor !== undefined) return anchors.get(path)?.has(anchor) === true;
  if (list === undefined) return true;
  const numbers = threatsIn(list);
  return path === 'docs/THREATS.md' && numbers.length > 0 && numbers.every((number) => threats.has(number));
}

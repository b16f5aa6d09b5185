import type { Environment } from './secret-files.js';
import { publicUrlOf } from './groups/listening.js';
import { readSettings, VARIABLES } from './settings.js';

/** Returns one warning for each setting that is valid but probably not intended. */
export function warningsOf(environment: Environment): string[] {
  return [...withoutPublicUrl(environment), ...misspelt(environment)];
}

/** Warns when MCP_SERVER_URL is not set in production: the gateway cannot know its public URL by itself. */
function withoutPublicUrl(environment: Environment): string[] {
  if (environment.NODE_ENV !== 'production' || environment.MCP_SERVER_URL) return [];
  const url = publicUrlOf(readSettings(environment, []));
  return [
    `MCP_SERVER_URL: is not set, so connect links and OAuth callbacks lead to ${url}, and tokens must be made for ${url}/mcp; write the URL under which clients reach the gateway`,
  ];
}

/** The least length of a name to check. Shorter names too often belong to other programs. */
const LEAST_LENGTH = 6;

/** Returns a hint for each variable whose name differs from that of a setting by one character. */
export function misspelt(environment: Environment): string[] {
  return Object.keys(environment).flatMap((name) => {
    if (VARIABLES.has(name) || name.length < LEAST_LENGTH) return [];
    const meant = [...VARIABLES].find((variable) => isOneEditAway(name, variable));
    return meant === undefined
      ? []
      : [`${name}: is not a setting of Manifold; write ${meant} if that is what you mean`];
  });
}

/** Tells whether the names differ by one character: missing, added or replaced. */
function isOneEditAway(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const rest = (text: string, skipped: number): string => text.slice(start + skipped);
  return rest(one, 1) === rest(other, 1) || rest(one, 0) === rest(other, 1) || rest(one, 1) === rest(other, 0);
}

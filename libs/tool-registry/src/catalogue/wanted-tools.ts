import type { Catalogue, ListedTool } from './catalogue.js';
import { shows, type View } from './view.js';

/** Result of looking up the tool names that a client sent. */
export interface WantedTools {
  readonly found: readonly ListedTool[];
  /** Names without a visible tool, as the client sent them. */
  readonly unknown: readonly string[];
}

/**
 * Looks up tools that a client wants to enable, by public name or by `<app>_<name>` and `<app>-<name>`. The specification of
 * `enable-tools` uses the name `gmail-send-email` for a tool that is listed as `gmail_send-email`.
 */
export function findWanted(names: readonly string[], catalogue: Catalogue, view: View): WantedTools {
  const found = new Set<ListedTool>();
  const unknown = new Set<string>();
  for (const name of names) {
    const tool = catalogue.find(name) ?? findByAlias(name, catalogue);
    if (tool && shows(view, tool.app)) found.add(tool);
    else unknown.add(name);
  }
  return { found: [...found], unknown: [...unknown] };
}

/** Splits the name at each separator in turn, because app names may contain separators. The first split that names a tool wins. */
function findByAlias(name: string, catalogue: Catalogue): ListedTool | undefined {
  for (const { index } of name.matchAll(/[_-]/g)) {
    const tool = catalogue.findInApp(name.slice(0, index), name.slice(index + 1));
    if (tool) return tool;
  }
  return undefined;
}

import type { Catalogue, ListedTool } from './catalogue.js';
import { shows, type View } from './view.js';

/** What became of the names of tools that a client asked for. */
export interface WantedTools {
  readonly found: readonly ListedTool[];
  /** As they were given. */
  readonly unknown: readonly string[];
}

/**
 * Looks up tools that a client wants to enable, by public name or by `<app>_<name>` and `<app>-<name>`: the specification of
 * `enable-tools` names `gmail-send-email` where the tool is listed as `gmail_send-email`.
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

/** Apps may have separators in their own names: the first separator counts that stands behind the name of an app with such a tool. */
function findByAlias(name: string, catalogue: Catalogue): ListedTool | undefined {
  for (const { index } of name.matchAll(/[_-]/g)) {
    const tool = catalogue.findInApp(name.slice(0, index), name.slice(index + 1));
    if (tool) return tool;
  }
  return undefined;
}

import { Composer, isScalar, LineCounter, Parser, visit, type Document } from 'yaml';
import { exceededBound, MOST_IN_ALL, ProblemError } from '@manifold/rest';

/** Maximum nesting depth, the same as for JSON bodies. */
const MAX_DEPTH = 64;

/**
 * Parses YAML into the value that the equivalent JSON has.
 * @throws ProblemError 400
 */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const exceeded = exceededBound(tokens, { depth: MAX_DEPTH, items: MOST_IN_ALL });
  if (exceeded === 'depth') throw notYaml(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (exceeded === 'items') throw notYaml(`it has more than ${MOST_IN_ALL} members and elements`);
  // The library's own check for duplicate keys compares each key with all others (quadratic time).
  const documents = [...new Composer({ uniqueKeys: false, logLevel: 'error' }).compose(tokens, true, text.length)];
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error) throw notYaml(`line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (documents.length > 1) throw notYaml('it contains more than one document');
  checkNodes(documents[0]!);
  return documents[0]!.toJS() ?? undefined;
}

function checkNodes(document: Document.Parsed): void {
  visit(document, {
    Alias() {
      throw notYaml('it contains an alias, which is not allowed');
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(isScalar(key) ? key.value : key);
        if (seen.has(name)) throw notYaml(`"${name}" occurs twice`);
        // A copy of the value could change a prototype through this key (docs/THREATS.md, threat 18).
        if (name === '__proto__' || name === 'constructor') throw notYaml(`"${name}" is not allowed as a name`);
        seen.add(name);
      }
    },
  });
}

const notYaml = (reason: string): ProblemError =>
  new ProblemError(400, 'invalid_yaml', `The body is not valid YAML: ${reason}`);

import { Composer, isScalar, LineCounter, Parser, visit, type Document } from 'yaml';
import { Problem } from '@manifold/rest';
import { isDeeper } from '@manifold/yaml';

/** As for bodies of JSON. */
const MAX_DEPTH = 64;

/**
 * A text of YAML as the value that the same thing in JSON has.
 * @throws Problem 400
 */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (isDeeper(tokens, MAX_DEPTH)) throw notYaml(`it is nested deeper than ${MAX_DEPTH} levels`);
  // The library's own check of keys compares each with all others.
  const documents = [...new Composer({ uniqueKeys: false, logLevel: 'error' }).compose(tokens, true, text.length)];
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error) throw notYaml(`line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (documents.length > 1) throw notYaml('it holds more than one document');
  checkNodes(documents[0]!);
  return documents[0]!.toJS() ?? undefined;
}

function checkNodes(document: Document.Parsed): void {
  visit(document, {
    Alias() {
      throw notYaml('it holds an alias, and a small text could become a large one by them');
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(isScalar(key) ? key.value : key);
        if (seen.has(name)) throw notYaml(`"${name}" is there twice`);
        // It would reach a prototype wherever the value is copied (SECURITY.md, threat 18).
        if (name === '__proto__' || name === 'constructor') throw notYaml(`"${name}" is no name`);
        seen.add(name);
      }
    },
  });
}

const notYaml = (reason: string): Problem => new Problem(400, 'invalid_yaml', `The body is not valid YAML: ${reason}`);

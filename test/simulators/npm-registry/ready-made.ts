import type { PackageDefinition } from './package-definition.js';
import { EXITING_SOURCE, NO_SERVER_SOURCE, POSTINSTALL_SOURCE, serverSource, SILENT_SOURCE } from './server-source.js';

export interface ServerDefinition {
  readonly name?: string;
  readonly version?: string;
  /** Names of the tools. */
  readonly tools?: readonly string[];
}

/** Returns an MCP server in one file without dependencies; `weather` 1.0.0 with the tool `forecast` unless given. */
export function mcpServer(definition: ServerDefinition = {}): PackageDefinition {
  const server = complete(definition);
  return program(server, serverSource(server));
}

/** Returns a server that exits at once, with a line on stderr. */
export const exitingServer = (definition: ServerDefinition = {}): PackageDefinition =>
  program(complete(definition), EXITING_SOURCE);

/** Returns a server that never answers `initialize`. */
export const silentServer = (definition: ServerDefinition = {}): PackageDefinition =>
  program(complete(definition), SILENT_SOURCE);

/** Returns a program that is not an MCP server. */
export const noServer = (definition: ServerDefinition = {}): PackageDefinition =>
  program(complete(definition), NO_SERVER_SOURCE);

/**
 * Returns a server whose install script writes the file `postinstall-ran` to the package and prints the names of its environment variables.
 */
export function serverWithPostinstall(definition: ServerDefinition = {}): PackageDefinition {
  const { manifest, files, ...server } = mcpServer(definition);
  const scripts = { postinstall: 'node postinstall.js' };
  return { ...server, manifest: { ...manifest, scripts }, files: { ...files, 'postinstall.js': POSTINSTALL_SOURCE } };
}

/** Returns a package with the programs `serve` and `admin`; neither has the name of the package. */
export function serverWithTwoPrograms(definition: ServerDefinition = {}): PackageDefinition {
  const { files, ...server } = mcpServer(definition);
  const bin = { serve: 'index.js', admin: './admin.js' };
  return { ...server, manifest: { bin }, files: { ...files, 'admin.js': NO_SERVER_SOURCE } };
}

/** Returns three packages: a server that needs `<name>-words` 1.x, which needs `<name>-letters`. */
export function serverWithDependencies(definition: ServerDefinition = {}): PackageDefinition[] {
  const server = complete(definition);
  const [words, letters] = [`${server.name}-words`, `${server.name}-letters`];
  const source = serverSource(server).replace('\n', `\nrequire('${words}');\n`);
  return [
    { ...program(server, source), manifest: { bin: 'index.js', dependencies: { [words]: '^1.0.0' } } },
    {
      name: words,
      version: '1.4.0',
      manifest: { dependencies: { [letters]: '2.0.0' } },
      files: { 'index.js': `module.exports = require('${letters}').join('');` },
    },
    { name: letters, version: '2.0.0', files: { 'index.js': "module.exports = ['a', 'b'];" } },
  ];
}

const complete = ({
  name = 'weather',
  version = '1.0.0',
  tools = ['forecast'],
}: ServerDefinition): Required<ServerDefinition> => ({
  name,
  version,
  tools,
});

const program = ({ name, version }: Required<ServerDefinition>, source: string): PackageDefinition => ({
  name,
  version,
  manifest: { bin: 'index.js' },
  files: { 'index.js': source },
});

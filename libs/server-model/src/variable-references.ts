/** The variables of Claude Code, Gemini CLI and others: `${NAME}`, `${NAME:-default}`. */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}/g;
/** The variables of OpenCode. */
const BRACED_VARIABLE = /(?<!\$)\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** A folder of the client's machine. A hosted server has its data folder instead, in which it starts. */
const FOLDER = /\$\{(?:workspaceFolder|userHome)\}/g;
const FOLDER_NAME = /\$\{workspaceFolderBasename\}/g;
const SEPARATOR = /\$\{(?:pathSeparator|\/)\}/g;

/**
 * Writes the references of MCP clients to variables as `${env:NAME}`, and those to folders of the client's machine as what stands for them.
 * @param folder the server's name, which stands for the name of the client's folder
 * @param isReference whether a variable is one of the client's machine. A program expands those of its own environment itself
 */
export const withReferences = (
  text: string,
  folder: string,
  isReference: (name: string) => boolean = () => true,
): string =>
  text
    .replace(FOLDER, '.')
    .replace(FOLDER_NAME, () => folder)
    .replace(SEPARATOR, '/')
    .replace(BRACED_VARIABLE, '${env:$1}')
    .replace(VARIABLE, (whole: string, name: string, preset?: string) =>
      preset !== undefined ? preset : isReference(name) ? `\${env:${name}}` : whole,
    );

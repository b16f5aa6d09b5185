/** The program of a stdio server, as its settings name it. */
export interface StdioProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Names of the environment variables that operators or users set. */
  readonly variables: readonly string[];
  /** The rule of the network that the program must not pass by. Undefined: its network is open. */
  readonly network?: 'none' | 'proxy';
}

/** Patterns of variables with which loaders, interpreters and installers run other code than that of the program. */
const LOADER_VARIABLES = [
  'PATH|SHELL|SHELLOPTS|BASH_ENV|BROWSER|EDITOR|VISUAL|PAGER',
  'LD_.*|DYLD_.*|GCONV_PATH|GLIBC_TUNABLES|OPENSSL_(?:CONF|ENGINES|MODULES)',
  'NODE_(?:OPTIONS|PATH|REPL_EXTERNAL_MODULE)|BUN_.*|DENO_.*',
  'PYTHON(?!(?:UNBUFFERED|IOENCODING|UTF8|DONTWRITEBYTECODE|HASHSEED)$).*',
  'NPM_CONFIG_.*|YARN_.*|PNPM_.*|COREPACK_.*|PIP_.*|UV_.*',
  'PERL.*|RUBY(?:OPT|LIB)|GEM_.*|BUNDLE_.*|PHPRC|PHP_INI_SCAN_DIR|LUA_.*',
  'JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|DOTNET_(?:STARTUP_HOOKS|ADDITIONAL_DEPS|SHARED_STORE)',
  'GIT_(?:SSH|SSH_COMMAND|EXTERNAL_DIFF|CONFIG.*|EXEC_PATH|ASKPASS|PROXY_COMMAND|EDITOR|SEQUENCE_EDITOR|PAGER|TEMPLATE_DIR)',
];
const LOADER_VARIABLE = new RegExp(`^(?:${LOADER_VARIABLES.join('|')})$`, 'i');

/** Returns the first variable that could make an allowed program run other code. */
export const loaderVariable = (variables: readonly string[]): string | undefined =>
  variables.find((name) => LOADER_VARIABLE.test(name));

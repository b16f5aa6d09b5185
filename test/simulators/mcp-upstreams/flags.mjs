/** Reads `--name=value` and `--name` arguments. A flag without a value is `true`. */
export function readFlags(argv = process.argv.slice(2)) {
  const flags = {};
  for (const argument of argv) {
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(argument) ?? [];
    if (name === undefined) throw new Error(`not a flag: ${argument}`);
    flags[name] = value ?? true;
  }
  return flags;
}

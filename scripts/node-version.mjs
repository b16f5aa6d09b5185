// Ends the process if Node is too old, before a module that needs a newer version is imported. It must be the first import.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const least = engines.node.replace('>=', '');
const [major, minor] = process.versions.node.split('.').map(Number);
const [leastMajor, leastMinor] = least.split('.').map(Number);

if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(
    `Manifold needs Node ${least} or newer, this is Node ${process.versions.node}: install a newer one (nodejs.org)`,
  );
  process.exit(1);
}

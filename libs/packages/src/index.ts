// Installs servers from npm and PyPI, upgrades them, and offers a catalogue of servers.
// Registered servers run the installed packages. The gateway never loads code of a package into its own process.
export { SEALED_PACKAGES } from './sealed-packages.js';
export { PackagesModule } from './packages.module.js';

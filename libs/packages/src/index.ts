export { SEALED_PACKAGES } from './package-runtimes.js';
export { PackagesModule } from './packages.module.js';

export {
  indexUrl,
  isExactVersion,
  pipDependencies,
  pythonModule,
  pythonName,
  pythonVersion,
  requirementName,
} from './python-grammar.js';
export { containsModule } from './package-modules.js';
export { PythonInstaller, type InstalledPythonPackage, type WantedPythonPackage } from './python-installer.js';
export { PythonSettings } from './python-settings.js';
export { installedVersion } from './site-packages.js';

export {
  indexUrl,
  isExactVersion,
  pipDependencies,
  pythonModule,
  pythonName,
  pythonVersion,
  requirementName,
  withExtras,
} from './python-grammar.js';
export { pythonProgramOf } from './console-scripts.js';
export { containsModule } from './package-modules.js';
export { PythonInstaller, type InstalledPythonPackage, type WantedPythonPackage } from './python-installer.js';
export { PythonSettings } from './python-settings.js';
export { installedVersion } from './site-packages.js';

import { PythonInstaller } from '../../src/python/index.js';
import { RecordedProgress } from './recorded-progress.js';

/** A process that installs the package `held`, so that a test can kill it: index, cache and folder are its arguments. */
const [indexUrl, cacheDir, folder] = process.argv.slice(2);
const settings = { bin: undefined, indexUrl, extraIndexUrl: undefined, cacheDir, timeoutMs: 60_000 };
void new PythonInstaller(settings).install({ name: 'held', allowScripts: false }, folder, new RecordedProgress());

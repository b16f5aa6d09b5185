import { PythonInstaller } from '../../src/python/index.js';
import { testProxy } from '@manifold/egress/testing';
import { TestLauncher } from '@manifold/launcher/testing';
import { RecordedProgress } from './recorded-progress.js';

/** A process that installs the package `held`, so that a test can kill it: index, cache and folder are its arguments. */
const [indexUrl, cacheDir, folder] = process.argv.slice(2);
const settings = { bin: undefined, indexUrl, extraIndexUrl: undefined, cacheDir, timeoutMs: 500_000 };
const { launcher } = await TestLauncher.start();
const wanted = { tenant: 'default', name: 'held', allowScripts: false };
void new PythonInstaller(settings, launcher, testProxy({ allow: '127.0.0.1' })).install(
  wanted,
  folder,
  new RecordedProgress(),
);

/** A process that installs a package and can be killed: `node npm-install-parent.ts <settings> <request> <folder>`, both as JSON. */
import { testProxy } from '@manifold/egress/testing';
import { TestLauncher } from '@manifold/launcher/testing';
import { NpmInstaller, type NpmRequest } from '../../src/npm/npm-installer.js';
import type { NpmSettings } from '../../src/npm/npm-settings.js';

const [settings, request, folder] = process.argv.slice(2);
const { launcher } = await TestLauncher.start();
const installer = new NpmInstaller(JSON.parse(settings) as NpmSettings, launcher, testProxy());
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { signal } = new AbortController();

void installer.install(JSON.parse(request) as NpmRequest, folder, { signal, onStep: () => undefined, onLog: print });

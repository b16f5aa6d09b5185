import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containsModule } from './package-modules.js';

describe('the modules of a Python package', () => {
  let folder: string;
  const describePackage = (name: string, version: string, files: readonly string[]): void => {
    const info = join(folder, 'lib/python3.12/site-packages', `${name}-${version}.dist-info`);
    mkdirSync(info, { recursive: true });
    writeFileSync(join(info, 'RECORD'), files.map((file) => `${file},sha256=x,1`).join('\n'));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-modules-'));
    describePackage('mcp_server_git', '1.0', ['mcp_server_git/__init__.py', 'mcp_server_git/__main__.py', 'solo.py']);
    describePackage('native', '2.0', ['native/fast.cpython-312-x86_64-linux-gnu.so', '"quoted/main.py"']);
    describePackage('ipython', '9.0', ['IPython/__main__.py']);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    [['mcp-server-git'], 'mcp_server_git', true],
    [['MCP.Server_Git'], 'solo', true],
    [['mcp-server-git'], 'mcp_server_git.__main__', true],
    [['mcp-server-git'], 'timeit', false],
    [['mcp-server-git'], 'IPython', false],
    [['mcp-server-git', 'ipython'], 'IPython', true],
    [['mcp-server-git'], 'mcp_server', false],
    [['native'], 'native.fast', true],
    [['native'], 'quoted.main', true],
    [['absent'], 'absent', false],
  ])('for %j contain %s: %s', async (packages, module, isContained) => {
    expect(await containsModule(folder, packages, module)).toBe(isContained);
  });

  it('are not known where the environment is not on this machine', async () => {
    expect(await containsModule(join(folder, 'gone'), ['mcp-server-git'], 'timeit')).toBe(true);
  });
});

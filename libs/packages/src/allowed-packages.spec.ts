import { Tenants, type TenantRecord } from '@manifold/tenants';
import { AllowedPackages } from './allowed-packages.js';
import type { PythonWishes, WantedPackage } from './package-runtime.js';

const RECORD: TenantRecord = { enabled: true, createdAt: '', updatedAt: '' };

describe('the packages that a tenant may install', () => {
  const tenants = new Tenants();
  const allowed = new AllowedPackages(tenants);
  const wanted = (name: string, python?: Partial<PythonWishes>): WantedPackage => ({
    name,
    allowScripts: false,
    python: python && { module: 'server', dependencies: [], ...python },
  });
  const isRefused = (runtime: 'node' | 'python', name: string, python?: Partial<PythonWishes>, tenant = 'acme') => {
    try {
      allowed.check(tenant, runtime, wanted(name, python));
      return false;
    } catch (error) {
      expect(error).toMatchObject({ status: 403, code: 'package_not_allowed' });
      return true;
    }
  };

  it('are all, where its settings name none of the runtime', () => {
    tenants.put('acme', { ...RECORD, packages: { node: ['@acme/*'] } });
    expect(isRefused('python', 'anything', { indexUrl: 'https://pypi.test' })).toBe(false);
    expect(isRefused('node', 'anything', undefined, 'globex')).toBe(false);
    tenants.put('acme', RECORD);
    expect(isRefused('node', 'anything')).toBe(false);
  });

  it('are those that its settings name, and none where these name none', () => {
    tenants.put('acme', { ...RECORD, packages: { node: ['@acme/*', 'server-files'] } });
    expect(isRefused('node', '@acme/tools')).toBe(false);
    expect(isRefused('node', 'server-files')).toBe(false);
    expect(isRefused('node', 'server-files-evil')).toBe(true);
    expect(isRefused('node', '@acme')).toBe(true);
    tenants.put('acme', { ...RECORD, packages: { node: [] } });
    expect(isRefused('node', 'server-files')).toBe(true);
  });

  it('of Python have one name in all its spellings, and bring no others along', () => {
    tenants.put('acme', { ...RECORD, packages: { python: ['mcp_server.*', 'httpx'] } });
    expect(isRefused('python', 'MCP-Server_git', {})).toBe(false);
    expect(isRefused('python', 'mcp-server-git', { dependencies: ['HTTPX[http2]>=0.27'] })).toBe(false);
    expect(isRefused('python', 'mcp-server-git', { dependencies: ['httpx', 'evil==1'] })).toBe(true);
    expect(isRefused('python', 'mcp-server-git', { extraIndexUrl: 'https://evil.test' })).toBe(true);
    expect(isRefused('python', 'evil', {})).toBe(true);
  });
});

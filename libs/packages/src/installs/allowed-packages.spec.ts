import { loadConfig } from '@manifold/config';
import { ServerPolicy } from '@manifold/server-model';
import { TenantPolicies, Tenants, type TenantRecord } from '@manifold/tenants';
import { AllowedPackages } from './allowed-packages.js';
import type { PythonOptions, WantedPackage } from '../model/package-runtime.js';

const RECORD: TenantRecord = { enabled: true, createdAt: '', updatedAt: '' };

describe('the packages that a tenant may install', () => {
  const tenants = new Tenants();
  const allowed = new AllowedPackages(tenants, new ServerPolicy(new TenantPolicies(loadConfig({}), tenants)));
  const wanted = (name: string, python?: Partial<PythonOptions>, allowScripts = false): WantedPackage => ({
    name,
    allowScripts,
    python: python && { module: 'server', dependencies: [], ...python },
  });
  const refusal = (tenant: string, runtime: 'node' | 'python', package_: WantedPackage): unknown => {
    try {
      return allowed.check(tenant, runtime, package_);
    } catch (error) {
      return (error as { code: unknown }).code;
    }
  };
  const isRefused = (runtime: 'node' | 'python', name: string, python?: Partial<PythonOptions>, tenant = 'acme') => {
    const code = refusal(tenant, runtime, wanted(name, python));
    expect([undefined, 'package_not_allowed']).toContain(code);
    return code !== undefined;
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

  it('run install scripts where the policy of the tenant lets these packages, of the gateway’s indexes', () => {
    const scripted = (runtime: 'node' | 'python', name: string, python?: Partial<PythonOptions>) =>
      refusal('acme', runtime, wanted(name, python, true));
    tenants.put('acme', RECORD);
    expect(scripted('node', 'native')).toBe('scripts_not_allowed');
    expect(refusal('default', 'node', wanted('native', undefined, true))).toBeUndefined();
    tenants.put('acme', { ...RECORD, policy: { allowScripts: ['node:native', 'python:Lx_ml'] } });
    expect(scripted('node', 'native')).toBeUndefined();
    expect(scripted('node', 'other')).toBe('scripts_not_allowed');
    expect(scripted('node', 'lx-ml')).toBe('scripts_not_allowed');
    expect(scripted('python', 'lx.ml', {})).toBeUndefined();
    expect(scripted('python', 'lx.ml', { dependencies: ['evil>=1'] })).toBe('scripts_not_allowed');
    expect(scripted('python', 'lx.ml', { indexUrl: 'https://evil.test' })).toBe('scripts_not_allowed');
    tenants.put('acme', { ...RECORD, policy: { allowScripts: 'yes' } });
    expect(scripted('python', 'anything', { indexUrl: 'https://pypi.test' })).toBeUndefined();
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { pipCertificates } from './pip.js';

const OPENSSL = '/usr/bin/openssl';
const CERTIFICATES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'];

describe('The certificates that pip trusts', () => {
  it.each([
    [{}, {}],
    [{ NODE_EXTRA_CA_CERTS: '/a.pem' }, { EXTRA_CERTIFICATES: '/a.pem' }],
    [{ NODE_EXTRA_CA_CERTS: '/a.pem', SSL_CERT_FILE: '/b.pem' }, { PIP_CERT: '/b.pem' }],
    [{ SSL_CERT_FILE: '/b.pem', REQUESTS_CA_BUNDLE: '/c.pem' }, { PIP_CERT: '/c.pem' }],
    [{ REQUESTS_CA_BUNDLE: '/c.pem', PIP_CERT: '/d.pem' }, { PIP_CERT: '/d.pem' }],
  ])('are those of the gateway: %j gives %j', (given, variables) => {
    expect(pipCertificates(given as Record<string, string>)).toEqual(variables);
  });

  (existsSync(OPENSSL) ? it : it.skip)('are its own and those of NODE_EXTRA_CA_CERTS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifold-certificates-'));
    chmodSync(folder, 0o755);
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const pair = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
    execFileSync(OPENSSL, ['req', '-x509', '-days', '2', ...pair, ...subject], { stdio: 'ignore' });
    const fixture = await PythonFixture.open();
    fixture.index.add(wheel({ name: 'private', version: '1.0' }));
    const server = await tlsInFrontOf(fixture.index.port, readFileSync(key), readFileSync(cert));
    const before = CERTIFICATES.map((name) => [name, process.env[name]] as const);
    try {
      const indexUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
      for (const name of CERTIFICATES) delete process.env[name];
      await expect(fixture.install({ name: 'private', indexUrl })).rejects.toMatchObject({
        code: 'registry_unreachable',
      });
      process.env.NODE_EXTRA_CA_CERTS = cert;
      expect(await fixture.install({ name: 'private', indexUrl })).toMatchObject({ version: '1.0' });
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      server.closeAllConnections();
      server.close();
      await fixture.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** Starts a server that decrypts requests and passes them on. */
async function tlsInFrontOf(port: number, key: Buffer, cert: Buffer): Promise<Server> {
  const server = createServer({ key, cert }, ({ method, url, headers }, response) => {
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

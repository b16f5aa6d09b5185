// A hosted server that attacks. Its one tool makes an attempt by name and returns what came of it: `{"got": …}` with what it got hold of, or
// `{"refused": "EACCES"}`. The parameters name the targets, as if it knew everything about the machine.
import { spawn, spawnSync } from 'node:child_process';
import dns from 'node:dns/promises';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { createInterface } from 'node:readline';

const read = (path) => fs.readFileSync(path, 'latin1');
const refusedBy = (error) => ({ refused: error.code ?? error.message });

/** Searches what the process can see of other processes. */
function search(file, text) {
  const found = fs
    .readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return read(`/proc/${pid}/${file}`).includes(text);
      } catch {
        return false;
      }
    });
  if (found.length === 0) throw new Error('nothing found');
  return found;
}

/** Reads a byte of the memory of a process. */
function memory(pid) {
  const start = Number.parseInt(/^([0-9a-f]+)-/m.exec(read(`/proc/${pid}/maps`))[1], 16);
  const file = fs.openSync(`/proc/${pid}/mem`, 'r');
  try {
    return fs.readSync(file, Buffer.alloc(16), 0, 16, start);
  } finally {
    fs.closeSync(file);
  }
}

function python(program, ...args) {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
  return stdout.trim();
}

const PTRACE = `
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, int(sys.argv[1]), None, None) != 0: raise OSError(ctypes.get_errno(), 'ptrace')
libc.ptrace(17, int(sys.argv[1]), None, None)
print('attached')
`;
const BECOME_ROOT = `
import os
os.setgroups([])
os.setuid(0)
print(os.getuid())
`;
const MOUNT = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b'none', b'/mnt', b'tmpfs', 0, None) != 0: raise OSError(ctypes.get_errno(), 'mount')
print('mounted')
`;

const connect = (options) =>
  new Promise((resolve, reject) => {
    const socket = net.connect(options, () => resolve('connected'));
    socket.on('error', reject);
    socket.setTimeout(3000, () => reject(new Error('no answer')));
  });

/** Asks the proxy that the environment names, for a page or for a tunnel. */
const throughProxy = ({ url, authority }) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(process.env.HTTP_PROXY);
    const wanted = authority === undefined ? { path: url } : { path: authority, method: 'CONNECT' };
    const asking = http.request({ hostname, port, ...wanted, agent: false });
    const answered = ({ statusCode, statusMessage }) =>
      statusCode < 400 ? resolve(statusCode) : reject(new Error(`${statusCode} ${statusMessage}`));
    asking.on('response', answered).on('connect', answered).on('error', reject).end();
  });

const ATTEMPTS = {
  read: ({ path }) => read(path).slice(0, 200),
  write: ({ path }) => fs.writeFileSync(path, 'hostile', { flag: 'a' }) ?? 'written',
  list: ({ path }) => fs.readdirSync(path),
  remove: ({ path }) => fs.rmSync(path) ?? 'removed',
  chmod: ({ path }) => fs.chmodSync(path, 0o777) ?? 'changed',
  hardlink: ({ path }) => (fs.rmSync('link', { force: true }), fs.linkSync(path, 'link'), read('link').slice(0, 200)),
  symlink: ({ path, link }) => (
    fs.rmSync(link, { recursive: true, force: true }),
    fs.symlinkSync(path, link),
    'linked'
  ),
  memory: ({ pid }) => memory(pid),
  signal: ({ pid }) => process.kill(pid, 0),
  ptrace: ({ pid }) => python(PTRACE, String(pid)),
  root: () => python(BECOME_ROOT),
  mount: () => python(MOUNT),
  environments: ({ text }) => search('environ', text),
  commands: ({ text }) => search('cmdline', text),
  descriptors: () => {
    const own = fs.readdirSync('/proc/self/fd').map((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    const files = own.filter(
      (target) => target.startsWith('/') && !target.startsWith('/proc') && !target.startsWith('/dev/'),
    );
    if (files.length === 0) throw new Error('nothing found');
    return files;
  },
  connect: ({ port, host, path }) => connect(path === undefined ? { port, host } : { path }),
  throughProxy,
  resolve: ({ name }) => dns.resolve4(name),
  daemon: ({ mark, env }) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    child.unref();
    return child.pid;
  },
  processes: ({ count }) => {
    for (let started = 0; started < count; started += 1)
      spawn('sleep', ['60.7'], { stdio: 'ignore' }).on('error', () => {});
    return 'started';
  },
  large: ({ mib }) => {
    const file = fs.openSync('large', 'w');
    try {
      fs.writeSync(file, 'x', mib * 1024 * 1024); // a hole before it, which takes nothing of the disk
    } finally {
      fs.closeSync(file);
    }
    return 'written';
  },
  files: ({ count, mib }) => {
    for (let file = 0; file < count; file += 1) fs.writeFileSync(`big-${file}`, Buffer.alloc(mib * 1024 * 1024, 1));
    return 'written';
  },
  hog: ({ mib }) => ((globalThis.kept ??= []).push(Buffer.alloc(mib * 1024 * 1024, 1)), 'taken'),
  self: () => ({
    pid: process.pid,
    uid: process.getuid(),
    cwd: process.cwd(),
    home: process.env.HOME,
    tmp: process.env.TMPDIR,
  }),
};

const tools = [{ name: 'attempt', inputSchema: { type: 'object' } }];
const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools }),
  'tools/call': async ({ arguments: { what, ...parameters } }) => {
    let outcome;
    try {
      outcome = { got: await ATTEMPTS[what](parameters) };
    } catch (error) {
      outcome = refusedBy(error);
    }
    return { content: [{ type: 'text', text: JSON.stringify(outcome) }] };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = METHODS[method]
    ? { result: await METHODS[method](params) }
    : { error: { code: -32601, message: 'Method not found' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}

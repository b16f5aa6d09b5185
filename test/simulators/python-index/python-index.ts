import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Distribution } from './distributions.js';

/** The behaviour of the index in place of its usual answer: a status, no answer, or a connection that ends in the middle of the body. */
export type IndexBehaviour = { readonly status: number } | 'never' | 'cut';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

/** A package index on loopback: the simple repository API (PEP 503 as HTML, PEP 691 as JSON) and the files. */
export class PythonIndex {
  /** The requested paths, in order. */
  readonly requests: string[] = [];
  /** The names and passwords of the requests, as `name:password`. */
  readonly credentials = new Set<string>();
  private readonly files = new Map<string, Distribution>();
  private readonly behaviours = new Map<string, IndexBehaviour>();
  private readonly arrivals = new EventEmitter();
  private required?: string;

  private constructor(
    private readonly server: Server,
    private readonly html: boolean,
  ) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  /** @param html whether it is an old index that supports only HTML */
  static async start({ html = false } = {}): Promise<PythonIndex> {
    const index = new PythonIndex(createServer({ keepAliveTimeout: 0 }), html);
    index.server.listen(0, '127.0.0.1');
    await once(index.server, 'listening');
    return index;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/simple/`;
  }

  /** Requires these credentials from now on. */
  demand(user: string, password: string): string {
    this.required = `${user}:${password}`;
    return `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/simple/`;
  }

  add(...distributions: readonly Distribution[]): void {
    for (const distribution of distributions) this.files.set(distribution.file, distribution);
  }

  /**
   * Sets the behaviour of a path.
   * @param path of a project's page (`/simple/x/`) or of a file (`/files/x-1.0-py3-none-any.whl`)
   * @param behaviour undefined: the usual answer again
   */
  behave(path: string, behaviour: IndexBehaviour | undefined): void {
    if (behaviour === undefined) this.behaviours.delete(path);
    else this.behaviours.set(path, behaviour);
  }

  /** Resolves with the next request for this path. */
  async asked(path: string): Promise<void> {
    await once(this.arrivals, path);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    this.requests.push(path);
    this.arrivals.emit(path);
    const behaviour = this.behaviours.get(path);
    if (behaviour === 'never') return;
    if (behaviour === 'cut') return cut(response);
    if (behaviour !== undefined) return end(response, behaviour.status, 'text/plain', 'as told');
    if (!this.mayRead(request)) {
      response.setHeader('www-authenticate', 'Basic realm="packages"');
      return end(response, 401, 'text/plain', 'who are you?');
    }
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    if (project !== undefined) return this.answerPage(project, request, response);
    const file = this.files.get(path.replace(/^\/files\//, ''));
    if (file) end(response, 200, 'application/octet-stream', file.content);
    else end(response, 404, 'text/plain', 'no such file');
  }

  private mayRead({ headers }: IncomingMessage): boolean {
    const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
    const given = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
    if (given !== undefined) this.credentials.add(given);
    return this.required === undefined || this.required === given;
  }

  private answerPage(project: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const files = [...this.files.values()].filter((file) => normalized(file.project) === project);
    if (files.length === 0) return end(response, 404, 'text/plain', 'no such project');
    if (this.html || !headers.accept?.includes(JSON_TYPE)) return end(response, 200, 'text/html', htmlPage(files));
    end(response, 200, JSON_TYPE, JSON.stringify(jsonPage(project, files)));
  }
}

const normalized = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

function jsonPage(name: string, files: readonly Distribution[]): object {
  const described = files.map(({ file, content, requiresPython }) => ({
    filename: file,
    url: `/files/${file}`,
    hashes: { sha256: sha256(content) },
    ...(requiresPython !== undefined && { 'requires-python': requiresPython }),
  }));
  return { meta: { 'api-version': '1.0' }, name, files: described };
}

function htmlPage(files: readonly Distribution[]): string {
  const links = files.map(({ file, content, requiresPython }) => {
    const python =
      requiresPython === undefined ? '' : ` data-requires-python="${requiresPython.replaceAll('>', '&gt;')}"`;
    return `<a href="/files/${file}#sha256=${sha256(content)}"${python}>${file}</a><br>`;
  });
  return `<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function end(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': 1000 });
  response.write('PK', () => response.destroy());
}

const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const tool = (name, description) => ({ name, description, inputSchema: { type: 'object' } });
const notification = (method, params) => ({ jsonrpc: '2.0', method, params });

/** The tools of `--offers`. */
export const PRIMITIVE_TOOLS = [
  tool('touch', 'Says that the resource of its argument `uri` was updated'),
  tool('grow', 'Adds what its argument `what` names, resources or prompts, and says so'),
  tool('subscribed', 'Answers how often each URI was subscribed and is subscribed now'),
];

/** Resources, prompts and completion of a simulated upstream. */
export class UpstreamPrimitives {
  /**
   * @param {{ resources: number, pageSize: number, broadcast: (message: object) => void }} options `broadcast` reaches every client
   */
  constructor({ resources, pageSize, broadcast }) {
    this.pageSize = pageSize;
    this.broadcast = broadcast;
    this.requested = {};
    this.subscribed = new Set();
    this.resources = Array.from({ length: resources }, (_, index) => this.note(index + 1));
    this.prompts = [{ name: 'greet', arguments: [{ name: 'who', required: true }], x_prompt: 'kept' }];
  }

  get capabilities() {
    return {
      resources: { subscribe: true, listChanged: true },
      prompts: { listChanged: true },
      completions: {},
      x_capability: { kept: true },
    };
  }

  note(number) {
    return { uri: `sim://notes/${number}`, name: `note ${number}`, x_resource: { kept: [number] } };
  }

  /** Answers a request. @returns the result; undefined for an unknown method @throws for a request that is refused */
  answer(method, params = {}) {
    switch (method) {
      case 'resources/list':
        return this.page('resources', this.resources, params.cursor);
      case 'resources/templates/list':
        return { resourceTemplates: [{ uriTemplate: 'sim://notes/{number}', name: 'a note', x_template: 'kept' }] };
      case 'resources/read':
        return this.read(params);
      case 'resources/subscribe':
        this.requested[params.uri] = (this.requested[params.uri] ?? 0) + 1;
        if (params.uri.includes('forbidden')) throw new Error('Nobody may subscribe this');
        this.subscribed.add(params.uri);
        return {};
      case 'resources/unsubscribe':
        this.subscribed.delete(params.uri);
        return {};
      case 'prompts/list':
        return this.page('prompts', this.prompts, params.cursor);
      case 'prompts/get':
        return this.prompt(params);
      case 'completion/complete':
        return { completion: { values: [`${params.argument.value}-completed`], x_completion: params } };
      default:
        return undefined;
    }
  }

  page(field, items, cursor = '0') {
    const start = Number(cursor);
    const end = start + this.pageSize;
    const page = { [field]: items.slice(start, end), x_page: 'kept' };
    return end < items.length ? { ...page, nextCursor: String(end) } : page;
  }

  read(params) {
    if (!/^sim:\/\/notes\/\d+$/.test(params.uri)) throw new Error(`Resource not found: ${params.uri}`);
    return { contents: [{ uri: params.uri, text: `text of ${params.uri}`, x_content: 'kept' }], x_params: params };
  }

  prompt(params) {
    if (!this.prompts.some(({ name }) => name === params.name)) throw new Error(`Unknown prompt: ${params.name}`);
    return { messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }], x_params: params };
  }

  /** Runs a tool of `--offers`. */
  call(name, args) {
    if (name === 'touch' && this.subscribed.has(args.subscription ?? args.uri)) {
      this.broadcast(notification('notifications/resources/updated', { uri: args.uri, x_updated: 'kept' }));
    }
    if (name === 'grow' && args.what === 'resources') this.resources.push(this.note(this.resources.length + 1));
    if (name === 'grow' && args.what === 'prompts') this.prompts.push({ name: `prompt_${this.prompts.length}` });
    if (name === 'grow') this.broadcast(notification(`notifications/${args.what}/list_changed`));
    return text(name === 'subscribed' ? { requested: this.requested, now: [...this.subscribed] } : 'done');
  }
}

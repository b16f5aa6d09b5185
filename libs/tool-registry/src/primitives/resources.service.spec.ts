import { loadConfig } from '@manifold/config';
import fc from '../../../../test/support/fuzz.js';
import { testGate } from '@manifold/limits/testing';
import {
  ToolProviders,
  type CallContext,
  type DescribesApps,
  type OffersResources,
  type RawObject,
  type ToolProvider,
} from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { contextOf } from '../../testing/src/index.js';
import { EVERYTHING, ownViewOf, viewOf, type View } from '../catalogue/view.js';
import { Namespaces } from '../uris/namespaces.js';
import { publicUri, readPublicUri } from '../uris/public-uri.js';
import { ProviderPrimitives } from './provider-primitives.js';
import { Resources } from './resources.service.js';
import { UnknownResourceError } from './unknown-resource.error.js';

interface App {
  resources?: string[];
  templates?: string[];
}

/** A backend whose apps answer for every URI, whether it is theirs or not, and say who they are. */
class GreedyApps implements ToolProvider, OffersResources, DescribesApps {
  readonly id = 'greedy';
  readonly asked: string[] = [];
  private listed?: readonly [object[], object[]];

  constructor(private apps: Record<string, App>) {}

  change(apps: Record<string, App>): void {
    this.apps = apps;
    this.listed = undefined;
  }

  listTools = () => Promise.resolve([]);
  callTool = () => Promise.reject(new Error('must not be called'));
  describeApp = async (app: string) => (Object.hasOwn(this.apps, app) ? { enabled: true } : undefined);
  onResourcesChanged = () => () => undefined;

  async listResources() {
    return this.lists()[0] as Awaited<ReturnType<OffersResources['listResources']>>;
  }

  async listResourceTemplates() {
    return this.lists()[1] as Awaited<ReturnType<OffersResources['listResourceTemplates']>>;
  }

  async readResource(app: string, uri: string): Promise<RawObject> {
    this.asked.push(app);
    return {
      contents: [
        { uri, text: app },
        { uri: `${uri}/part`, text: app },
      ],
    };
  }

  async subscribeResource(app: string, uri: string, _: CallContext, onUpdated: (params: RawObject) => void) {
    this.asked.push(app);
    onUpdated({ uri: `${uri}/part` });
    return () => undefined;
  }

  private lists() {
    const apps = Object.entries(this.apps);
    return (this.listed ??= [
      apps.flatMap(([app, { resources = [] }]) => resources.map((uri) => ({ app, uri, definition: { uri } }))),
      apps.flatMap(([app, { templates = [] }]) =>
        templates.map((uriTemplate) => ({ app, uriTemplate, definition: { uriTemplate } })),
      ),
    ]);
  }
}

const gate = testGate();
const context = contextOf(fixturePrincipal('alice'));

function start(apps: Record<string, App>) {
  const provider = new GreedyApps(apps);
  const providers = new ToolProviders([provider]);
  const resources = new Resources(new ProviderPrimitives(providers, gate), new Namespaces(providers), loadConfig({}));
  const read = async (uri: string, view: View = EVERYTHING) => {
    const { contents } = await resources.read(uri, context, view);
    return contents as { uri: string; text: string }[];
  };
  const list = async (view: View = EVERYTHING) => (await resources.index(context, view)).resources as { uri: string }[];
  return { provider, resources, read, list };
}

describe('the resources of several apps', () => {
  it('keep their names when apps come and go, so that nobody takes over the name of another', async () => {
    const [a, b] = [
      { resources: ['ui://app/x', 'file:///x'] },
      { resources: ['ui://app/x', 'file:///x', 'ui://a/app/x'] },
    ];
    const { provider, read, list } = start({ a, b });
    const listed = await list();
    expect(listed.map(({ uri }) => uri)).toEqual([
      ...['ui://a/app/x', 'file:///x#:~:mcp-server=a'],
      ...['ui://b/app/x', 'file:///x#:~:mcp-server=b', 'ui://b/a/app/x'],
    ]);
    provider.change({ b: { ...b, templates: ['file:///x{+rest}', '{+all}'] } });
    for (const { uri } of listed.slice(0, 2)) await expect(read(uri)).rejects.toThrow(UnknownResourceError);
    for (const { uri } of listed.slice(2)) expect(await read(uri)).toMatchObject([{ uri, text: 'b' }, {}]);
    expect(provider.asked).toEqual(['b', 'b', 'b']);
  });

  it('are named by those who have them, if a URI names no server', async () => {
    const { provider, read } = start({ a: { resources: ['ui://app/x', 'a://1'] }, b: { templates: ['a://{id}'] } });
    await expect(read('ui://app/x')).rejects.toMatchObject({ candidates: ['ui://a/app/x'] });
    await expect(read('a://1')).rejects.toMatchObject({
      candidates: ['a://1#:~:mcp-server=a', 'a://1#:~:mcp-server=b'],
    });
    expect(await read('a://2')).toMatchObject([{ uri: 'a://2' }, { uri: 'a://2/part#:~:mcp-server=b' }]);
    expect(provider.asked).toEqual(['b']);
  });

  it('announce their parts under public URIs', async () => {
    const { resources } = start({ a: { resources: ['a://1'] } });
    const heard: unknown[] = [];
    for (const uri of ['a://1', 'a://1#:~:mcp-server=a']) {
      (await resources.subscribe(uri, context, EVERYTHING, (params) => heard.push(params.uri)))();
    }
    (await resources.subscribe('a://1', context, ownViewOf('a'), (params) => heard.push(params.uri)))();
    expect(heard).toEqual(['a://1/part#:~:mcp-server=a', 'a://1/part#:~:mcp-server=a', 'a://1/part']);
  });

  it('never answer for one another, whatever they list and whatever is asked', async () => {
    const names = ['a', 'b', 'a@b', 'ui', 'app'];
    const bases = ['ui://app/x', 'skill://a/x', 'file:///x', 'a://1', 'memo', '', '#', 'https://a/x#y'];
    const forged = names.flatMap((name) => bases.map((uri) => publicUri(spelled(name), uri)));
    const uris = [...bases, ...forged, ...forged.map((uri) => publicUri('b', uri))];
    const templates = ['{+all}', 'file:///{x}', 'ui://{x}/x', 'ui://a/{+x}', 'a://{id}', 'file:///x#:~:mcp-server={x}'];
    const uri = fc.constantFrom(...uris);
    const app = fc.record({
      resources: fc.array(uri, { maxLength: 4 }),
      templates: fc.array(fc.constantFrom(...templates), { maxLength: 2 }),
    });
    const apps = fc.dictionary(fc.constantFrom(...names), app, { maxKeys: 4 });
    const view = fc.oneof(fc.constant(EVERYTHING), fc.constant(viewOf(['a', 'b'], false)));
    await fc.assert(
      fc.asyncProperty(apps, apps, view, fc.array(uri, { maxLength: 8 }), async (before, after, seen, asked) => {
        const { provider, read, list } = start(before);
        const stale = await list(seen);
        provider.change(after);
        for (const one of await list(seen)) {
          const [content, part] = await read(one.uri, seen);
          expect(content!.uri).toBe(one.uri);
          expect([readPublicUri(one.uri), readPublicUri(part!.uri)]).toMatchObject(
            Array.from({ length: 2 }, () => ({ namespace: spelled(content!.text) })),
          );
        }
        for (const wanted of [...stale.map((one) => one.uri), ...asked]) {
          const answered = await read(wanted, seen).catch((error: unknown) =>
            expect(error).toBeInstanceOf(UnknownResourceError),
          );
          if (!answered) continue;
          const { text } = answered[0]!;
          const named = readPublicUri(wanted);
          if (named) expect(named.namespace).toBe(spelled(text));
          else expect(claimants(wanted, after, seen)).toEqual([text]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Returns the spelling of a name in public URIs. */
const spelled = (name: string): string => name.replace('@', '~40');

/** Lists the apps that list the URI, or one of whose templates may give it. */
function claimants(uri: string, apps: Record<string, App>, view: View): string[] {
  const fits: Record<string, RegExp> = {
    '{+all}': /^/,
    'file:///{x}': /^file:\/\/\/[^/?#]*$/,
    'a://{id}': /^a:\/\/[^/?#]*$/,
  };
  return Object.entries(apps).flatMap(([name, { resources = [], templates = [] }]) => {
    if (view.apps?.has(name) === false) return [];
    return resources.includes(uri) || templates.some((template) => fits[template]?.test(uri)) ? [name] : [];
  });
}

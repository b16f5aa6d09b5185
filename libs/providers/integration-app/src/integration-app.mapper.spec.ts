import { actionsOf, appsOf } from './integration-app.mapper.js';

const connection = (key: unknown, more: object = {}) => ({
  id: 'c',
  integrationId: 'i',
  disconnected: false,
  integration: { id: `i-${String(key)}`, key, name: `Name of ${String(key)}` },
  ...more,
});

describe('connections', () => {
  it('are integrations: once each, by key, whatever the order', () => {
    const none = jest.fn();
    const { active, disconnected } = appsOf(
      [connection('b'), connection('c', { disconnected: true }), connection('a'), connection('b')],
      none,
    );
    expect(active).toEqual([
      { integrationId: 'i-a', key: 'a', name: 'Name of a' },
      { integrationId: 'i-b', key: 'b', name: 'Name of b' },
    ]);
    expect(disconnected).toEqual(['c']);
    expect(none).not.toHaveBeenCalled();
  });

  it.each([[[true, false]], [[false, true]]])('make the integration work if one of them works: %j', (order) => {
    const connections = order.map((disconnected) => connection('a', { disconnected }));
    expect(appsOf(connections, jest.fn())).toMatchObject({ active: [{ key: 'a' }], disconnected: [] });
  });

  it('that cannot be used are counted and hide nothing', () => {
    const skipped = jest.fn();
    const broken = [
      null,
      7,
      {},
      { integration: null },
      connection(''),
      connection(1),
      connection('x', { integration: { key: 'x' }, integrationId: 7 }),
    ];
    expect(appsOf([...broken, connection('ok')], skipped).active.map(({ key }) => key)).toEqual(['ok']);
    expect(skipped).toHaveBeenCalledTimes(broken.length);
  });

  it('may name the integration outside of it, and have no name for people', () => {
    expect(appsOf([{ integrationId: 'i1', integration: { key: 'gmail' } }], jest.fn()).active).toEqual([
      { integrationId: 'i1', key: 'gmail', name: 'gmail' },
    ]);
  });
});

describe('actions', () => {
  it('keep their schema as it is, the very object', () => {
    const inputSchema = {
      type: 'object',
      properties: { a: { enum: ['x'], format: 'y', description: 'z' } },
      'x-own': 1,
    };
    const [action] = actionsOf([{ key: 'do', name: 'Do', inputSchema }], jest.fn());
    expect(action!.inputSchema).toBe(inputSchema);
  });

  it.each([
    [undefined, { type: 'object', properties: {} }],
    [null, { type: 'object', properties: {} }],
    [{}, { type: 'object' }],
    [{ properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
  ])('with the schema %j get what MCP needs and no more', (inputSchema, expected) => {
    expect(actionsOf([{ key: 'do', inputSchema }], jest.fn())).toEqual([
      { key: 'do', name: 'do', inputSchema: expected },
    ]);
  });

  it('that cannot be used are counted and hide nothing', () => {
    const skipped = jest.fn();
    const broken = [
      null,
      [],
      {},
      { key: '' },
      { key: 7 },
      { key: 'x', inputSchema: [] },
      { key: 'x', inputSchema: 'any' },
      { key: 'x', inputSchema: { type: 'string' } },
      { key: 'x', inputSchema: { type: ['object', 'null'] } },
    ];
    expect(actionsOf([...broken, { key: 'b' }, { key: 'a' }], skipped).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(skipped).toHaveBeenCalledTimes(broken.length);
  });
});

import { actionsOf, activeIntegrationsOf } from './paragon.mapper.js';

const action = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } });

describe('the list of ActionKit', () => {
  it('is read in both generations, schemas untouched', () => {
    const parameters = { type: 'object', properties: { a: { enum: ['x'], 'x-own': 1 } }, $comment: 'kept' };
    const groups = { slack: [action('SLACK_SEND', { description: 'Sends', parameters })], hubspot: [] };
    for (const body of [{ actions: groups }, { tools: groups }]) {
      expect(actionsOf(JSON.stringify(body), () => undefined)).toEqual([
        { integration: 'slack', name: 'SLACK_SEND', description: 'Sends', inputSchema: parameters },
      ]);
    }
  });

  it('keeps what can be used when an integration or an action is broken', () => {
    const skipped: string[] = [];
    const body = JSON.stringify({
      actions: {
        slack: 'nothing',
        hubspot: [null, {}, action(''), { function: { name: 1 } }, action('OK'), action('X', { parameters: [] })],
      },
    });
    expect(actionsOf(body, (integration) => skipped.push(integration)).map(({ name }) => name)).toEqual(['OK']);
    expect(skipped).toEqual(['slack', 'hubspot', 'hubspot', 'hubspot', 'hubspot', 'hubspot']);
  });

  it.each(['<html>', '[]', '{}', 'null', '{"actions":[]}'])('is refused as %s', (body) => {
    expect(() => actionsOf(body, () => undefined)).toThrow(expect.objectContaining({ code: 'upstream_rejected' }));
  });
});

describe('the integrations of the project', () => {
  it('are known by type, custom ones by slug, and inactive ones are left out', () => {
    const body = JSON.stringify([
      { id: '1', type: 'slack', isActive: true },
      { id: '2', type: 'hubspot', isActive: false },
      { id: '3', type: 'custom', isActive: true, customIntegration: { slug: 'spotify', name: 'Spotify' } },
      { id: '4', type: 'custom', isActive: true, customIntegration: null },
      null,
      { isActive: true },
    ]);
    expect(activeIntegrationsOf(body)).toEqual(['slack', 'custom.spotify']);
  });

  it.each(['<html>', '{}', 'null'])('are refused as %s', (body) => {
    expect(() => activeIntegrationsOf(body)).toThrow(expect.objectContaining({ code: 'upstream_rejected' }));
  });
});

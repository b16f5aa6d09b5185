import fc from '../../../../../test/support/fuzz.js';
import { uniqueNames, wantedName } from './tool-names.js';

describe('the names of OpenAPI actions', () => {
  it.each([
    ['googleCalendar', { summary: 'List events' }, 'GOOGLECALENDAR_LIST_EVENTS'],
    ['custom.spotify', { summary: "Get User's Top Items" }, 'SPOTIFY_GET_USERS_TOP_ITEMS'],
    ['slack', { summary: '  Create / update (beta) ', operationId: 'x' }, 'SLACK_CREATE_UPDATE_BETA'],
    ['slack', { summary: 'Créer un café' }, 'SLACK_CREER_UN_CAFE'],
    ['slack', { operationId: 'getUserById' }, 'SLACK_GET_USER_BY_ID'],
    ['slack', { operationId: 'users.list-all' }, 'SLACK_USERS_LIST-ALL'],
    ['slack', { summary: '日本', operationId: 'a' }, 'SLACK_A'],
    ['slack', { summary: ' ', operationId: {} }, 'SLACK_GET_V1_USERS_USER-ID'],
    ['slack', {}, 'SLACK_GET_V1_USERS_USER-ID'],
  ])('are made for %s and %j', (integration, operation, expected) => {
    expect(wantedName(integration, operation, 'GET /v1/users/{user-id}')).toBe(expected);
  });

  const tool = (wanted: string, identity: string) => ({ wantedName: wanted, identity });

  it('stay as wanted where nobody else wants them', () => {
    expect(uniqueNames([tool('A', '1'), tool('B', '2')])).toEqual(['A', 'B']);
  });

  it('do not depend on the order of those that want the same name', () => {
    const [one, two] = [tool('A', '1'), tool('A', '2')];
    const [first, second] = uniqueNames([one, two]);
    expect(first).not.toBe(second);
    expect([first, second]).not.toContain('A');
    expect(uniqueNames([two, tool('C', '3'), one])).toEqual([second, 'C', first]);
  });

  it('are unique also where another tool wants the name with the suffix', () => {
    const [suffixed] = uniqueNames([tool('A', '1'), tool('A', '2')]);
    const names = uniqueNames([tool('A', '1'), tool('A', '2'), tool(suffixed!, '3')]);
    expect(new Set(names).size).toBe(3);
  });

  it('are valid and unique whatever a document says', () => {
    const operation = fc.record({
      summary: fc.option(fc.string({ unit: 'binary' })),
      operationId: fc.option(fc.string({ unit: 'grapheme' })),
    });
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const wanted = operations.map((one, index) => tool(wantedName('a b', one, 'GET /'), String(index)));
        const names = uniqueNames(wanted);
        expect(new Set(names).size).toBe(names.length);
        expect(names.every((name) => /^A_B_[A-Z0-9_-]+$/.test(name))).toBe(true);
      }),
    );
  });
});

import { secretsIn, userHeaders } from './secret-headers.js';

describe('headers with secrets', () => {
  it('are filled with what the user has stored', () => {
    const templates = { Authorization: 'Bearer {TOKEN}', 'X-Id': '{ID}/{ID}' };
    expect(userHeaders({ 'X-Plain': 'a' }, templates, { TOKEN: 't$&', ID: '7' })).toEqual({
      'X-Plain': 'a',
      Authorization: 'Bearer t$&',
      'X-Id': '7/7',
    });
  });

  it('are left out without the secret, also where the server has a value of its own', () => {
    const headers = { authorization: 'Bearer of-the-operator', 'X-Plain': 'a' };
    expect(userHeaders(headers, { Authorization: 'Bearer {TOKEN}' }, {})).toEqual({ 'X-Plain': 'a' });
    expect(userHeaders({}, { A: '{ONE} {TWO}' }, { ONE: '1' })).toEqual({});
  });

  it('do not fill a secret into another', () => {
    expect(userHeaders({}, { A: '{ONE}' }, { ONE: '{TWO}', TWO: '2' })).toEqual({ A: '{TWO}' });
  });

  it('name their secrets in braces', () => {
    expect(secretsIn('a {ONE} {TWO.x} {} {1} { ONE }')).toEqual(['ONE', 'TWO.x']);
  });
});

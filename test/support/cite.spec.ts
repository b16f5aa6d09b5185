import { cites, citedIds } from './cite.js';

describe('cites', () => {
  it('makes a title that shows the behaviour and the requirements', () => {
    expect(cites('rest.duplicate-409', 'rest.register.race', 'answers 409')).toBe(
      'answers 409 [rest.duplicate-409, rest.register.race]',
    );
  });

  it('throws for a requirement that does not exist', () => {
    // @ts-expect-error the compiler refuses it too
    expect(() => cites('rest.no-such', 'does nothing')).toThrow('no requirement "rest.no-such"');
  });
});

describe('citedIds', () => {
  it('finds the ids of each citation, over several lines too', () => {
    const source = `
      it(cites('rest.tools', 'lists'), () => {});
      it(cites('a.b', 'c.d', \`lists \${n}\`), () => {});
      it.each(rows)(
        cites(
          'e.f',
          'a title that needs a line of its own',
        ), () => {});`;

    expect(citedIds(source)).toEqual(expect.arrayContaining(['rest.tools', 'a.b', 'c.d', 'e.f']));
  });

  it('finds nothing where no test cites', () => {
    expect(citedIds(`it('rest.tools', () => {}); excites('a.b', 'x');`)).toEqual([]);
  });
});

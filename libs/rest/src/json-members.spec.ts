import fc from '../../../test/support/fuzz.js';
import { membersOf, TOO_DEEP, writtenMembers } from './json-members.js';

describe('the members of JSON', () => {
  it.each([
    ['[[1]]', 2, 0],
    ['[[1]]', 1, TOO_DEEP],
    ['"[[[["', 1, 0],
    ['["\\"[[[["]', 1, 0],
    ['[1],[2],[3]', 1, 0],
    ['{"a":{"b":":"}}', 2, 2],
    ['{"a":{"b":":"}}', 1, TOO_DEEP],
  ])('%s with at most %i levels: %i', (json, maxDepth, members) => {
    expect(writtenMembers(json, maxDepth)).toBe(members);
  });

  it('are as many as were written, whatever that was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(membersOf(JSON.parse(json))).toBe(writtenMembers(json, 1_000));
      }),
    );
  });
});

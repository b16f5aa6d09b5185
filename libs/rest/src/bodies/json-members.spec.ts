import fc from '../../../../test/support/fuzz.js';
import { membersOf, TOO_DEEP, TOO_MANY, writtenMembers } from './json-members.js';

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
    expect(writtenMembers(json, { depth: maxDepth, members: 10 })).toBe(members);
  });

  it.each([
    ['{"a":1,"b":2,"c":3}', 3],
    ['{"a":1,"b":2,"c":3,"d":4}', TOO_MANY],
    ['[{"a":1},{"a":1},{"a":1}]', 3],
    ['[{"a":1},{"a":1},{"a":1},{"a":1}]', TOO_MANY],
    ['[1,2,3,4]', 0],
    ['[1,2,3,4,5]', TOO_MANY],
    ['[[],[],[],[],[]]', TOO_MANY],
    ['["1,2,3,4,5",{"a":":,:,:,:,"}]', 1],
  ])('%s with at most three members and commas: %i', (json, members) => {
    expect(writtenMembers(json, { depth: 3, members: 3 })).toBe(members);
  });

  it('are as many as were written, whatever that was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(membersOf(JSON.parse(json))).toBe(writtenMembers(json, { depth: 1_000, members: 10_000 }));
      }),
    );
  });
});

import { readRpcError } from './rpc-values.js';

it.each<[unknown, object | undefined]>([
  [
    { code: -32602, message: 'bad', data: [1] },
    { code: -32602, message: 'bad', data: [1] },
  ],
  [
    { code: '-32602', message: 'bad' },
    { code: -32602, message: 'bad' },
  ],
  [
    { code: 'E_AUTH', message: 'bad' },
    { code: -32603, message: 'bad' },
  ],
  [{ message: 'no code' }, { code: -32603, message: 'no code' }],
  ['Unauthorized', { code: -32603, message: 'Unauthorized' }],
  ['', undefined],
  [{ code: -32602 }, undefined],
  [{ code: -32602, message: 7 }, undefined],
  [null, undefined],
  [[], undefined],
])('the error member %j is read as %j', (error, expected) => {
  expect(readRpcError(error)).toEqual(expected);
});

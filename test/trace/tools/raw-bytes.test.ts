/** Bytes of records, ours and others'. */
import { expect, test } from '@jest/globals';
import { rawBytesOf } from '../../../src/trace/tools/raw-bytes.js';

test.each([
  [{ raw: { length: 2, data: '13Ff' } }, { length: 2, data: '13Ff' }],
  [{ raw: { length: 0, data: '' } }, { length: 0, data: '' }],
  [{ raw: { length: 7 } }, { length: 7 }],
  // Less or more than it says, or no hex: the length is told, the bytes are not.
  [{ raw: { length: 2, data: '13' } }, { length: 2 }],
  [{ raw: { length: 1, data: '1313' } }, { length: 1 }],
  [{ raw: { length: 1, data: 'zz' } }, { length: 1 }],
  [{ raw: { length: 1, data: 19 } }, { length: 1 }],
  // No length: nothing.
  [{ raw: { length: -1, data: '' } }, { length: 0 }],
  [{ raw: { length: 1.5 } }, { length: 0 }],
  [{ raw: { length: 1e300 } }, { length: 0 }],
  [{ raw: { length: '2', data: '1313' } }, { length: 0 }],
  [{ raw: { data: '13' } }, { length: 0 }],
  [{ raw: [] }, { length: 0 }],
  [{ raw: null }, { length: 0 }],
  [{ raw: '13' }, { length: 0 }],
  [{}, { length: 0 }],
])('%j holds %j', (data, bytes) => {
  expect(rawBytesOf(data)).toEqual(bytes);
});

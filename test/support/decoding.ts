/** Judges of codecs: the same answer in every chunking, in the middle of other bytes, and never a wrong guess. */
import { expect } from '@jest/globals';
import type { Decoded } from '../../src/wire/decoded.js';
import { concat, hex } from './byte-texts.js';

export { concat, hex, toHex, utf8 } from './byte-texts.js';

/** Decodes whole; cut at every length -> undefined; with bytes before and after. */
export function expectDecodes<Value>(
  decode: (bytes: Uint8Array, offset: number) => Decoded<Value> | undefined,
  bytes: Uint8Array,
  value: Value,
): void {
  expect(decode(bytes, 0)).toEqual({ value, size: bytes.length });
  for (let length = 0; length < bytes.length; length++) {
    expect({ length, decoded: decode(bytes.slice(0, length), 0) }).toEqual({ length, decoded: undefined });
  }
  const surrounded = concat(hex('ff 80 00'), bytes, hex('80 ff 00'));
  expect(decode(surrounded, 3)).toEqual({ value, size: bytes.length });
}

/** The code of the EngineError that `run` throws; fails when it throws nothing or something else. */
export function thrownCode(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
  return 'nothing was thrown';
}

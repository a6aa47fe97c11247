/** DER against the forms of X.690, and every way not to be DER. */
import { describe, expect, test } from '@jest/globals';
import {
  DER_TAG,
  encodeDer,
  encodeDerBitString,
  encodeDerInteger,
  encodeDerOid,
  readDerBitString,
  readDerBoolean,
  readDerElement,
  readDerElements,
  readDerOid,
  readDerWhole,
} from '../../src/wire/der.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';

describe('elements', () => {
  test.each([
    { name: 'empty', length: 0, header: '0400' },
    { name: 'the longest in the short form', length: 127, header: '047f' },
    { name: 'the shortest in the long form', length: 128, header: '048180' },
    { name: 'one byte of length', length: 255, header: '0481ff' },
    { name: 'two bytes of length', length: 256, header: '04820100' },
    { name: 'three bytes of length', length: 65_536, header: '0483010000' },
  ])('$name', ({ length, header }) => {
    const content = new Uint8Array(length).fill(0xa5);
    const whole = concat(hex(header), content);
    expect(Buffer.compare(encodeDer(DER_TAG.octetString, content), whole)).toBe(0);
    const element = readDerElement(concat(hex('ffff'), whole, hex('ff')), 2);
    expect({ tag: element.tag, length: element.content.length, whole: element.whole.length }).toEqual({
      tag: 4,
      length,
      whole: whole.length,
    });
    expect(thrownCode(() => readDerElement(whole.subarray(0, -1)))).toBe('ERR_WIRE_DER');
  });

  test.each([
    { name: 'nothing', bytes: '' },
    { name: 'a tag alone', bytes: '04' },
    { name: 'content cut short', bytes: '0402aa' },
    { name: 'a length cut short', bytes: '048201' },
    { name: 'an indefinite length', bytes: '3080 0500 0000' },
    { name: 'a long form for a short length', bytes: `04817f${'00'.repeat(127)}` },
    { name: 'a leading zero in the length', bytes: `04820080${'00'.repeat(128)}` },
    { name: 'a length of four bytes', bytes: '048400000001aa' },
    { name: 'a tag of several bytes', bytes: '1f8101 00' },
  ])('$name is refused', ({ bytes }) => {
    expect(thrownCode(() => readDerElement(hex(bytes)))).toBe('ERR_WIRE_DER');
  });

  test('a list is read in order, and what is cut short in it is refused', () => {
    expect(readDerElements(hex('0500 0401aa 3000')).map(({ whole }) => toHex(whole))).toEqual([
      '0500',
      '0401aa',
      '3000',
    ]);
    expect(thrownCode(() => readDerElements(hex('0500 0402aa')))).toBe('ERR_WIRE_DER');
    expect(thrownCode(() => readDerWhole(hex('3000 00'), DER_TAG.sequence, 'it'))).toBe('ERR_WIRE_DER');
    expect(thrownCode(() => readDerWhole(hex('3100'), DER_TAG.sequence, 'it'))).toBe('ERR_WIRE_DER');
  });

  test('elements in elements cost one call each: a million of them are not gone into', () => {
    let nested: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 2000; depth++) nested = encodeDer(DER_TAG.sequence, nested);
    expect(readDerElements(nested).length).toBe(1);
  });
});

describe('values', () => {
  test.each([
    { dotted: '1.2.840.10045.2.1', bytes: '06072a8648ce3d0201' },
    { dotted: '1.3.6.1.4.1.53594.1.1', bytes: '060a2b0601040183a25a0101' },
    { dotted: '2.5.4.10', bytes: '060355040a' },
    { dotted: '1.3.101.112', bytes: '06032b6570' },
    { dotted: '2.999.3', bytes: '0603883703' },
  ])('object identifier $dotted', ({ dotted, bytes }) => {
    expect(toHex(encodeDerOid(dotted))).toBe(bytes);
    expect(readDerOid(readDerElement(hex(bytes)), 'it')).toBe(dotted);
  });

  test.each(['0600', '060180', '06032a8001', '06022a81', `060b2a${'ff'.repeat(9)}7f`, '0401aa'])(
    'object identifier %s is refused',
    (bytes) => {
      expect(thrownCode(() => readDerOid(readDerElement(hex(bytes)), 'it'))).toBe('ERR_WIRE_DER');
    },
  );

  test.each([
    { magnitude: '00', bytes: '020100' },
    { magnitude: '', bytes: '020100' },
    { magnitude: '7f', bytes: '02017f' },
    { magnitude: '80', bytes: '02020080' },
    { magnitude: '000001', bytes: '020101' },
    { magnitude: '00ff00', bytes: '020300ff00' },
  ])('integer $magnitude', ({ magnitude, bytes }) => {
    expect(toHex(encodeDerInteger(hex(magnitude)))).toBe(bytes);
  });

  test('bit strings are of whole bytes, booleans are 0 or 255', () => {
    expect(toHex(encodeDerBitString(hex('aabb')))).toBe('030300aabb');
    expect(toHex(readDerBitString(readDerElement(hex('030300aabb')), 'it'))).toBe('aabb');
    expect(thrownCode(() => readDerBitString(readDerElement(hex('030204f0')), 'it'))).toBe('ERR_WIRE_DER');
    expect(thrownCode(() => readDerBitString(readDerElement(hex('0300')), 'it'))).toBe('ERR_WIRE_DER');
    expect([hex('0101ff'), hex('010100')].map((bytes) => readDerBoolean(readDerElement(bytes), 'it'))).toEqual([
      true,
      false,
    ]);
    for (const bytes of ['010101', '0100', '0102ffff']) {
      expect(thrownCode(() => readDerBoolean(readDerElement(hex(bytes)), 'it'))).toBe('ERR_WIRE_DER');
    }
    expect(thrownCode(() => readDerBoolean(undefined, 'it'))).toBe('ERR_WIRE_DER');
  });
});

/**
 * Protobuf by hand over protobufjs' Reader and Writer: no .proto files at run time, unknown fields skipped, and every
 * malformed input a typed error. The callers bound the message before it comes here.
 */
import { EngineError } from '../errors.js';
import protobuf from 'protobufjs/minimal.js';

/** Reads a value of a field; each method throws when the wire type of the field does not fit. */
export interface FieldValue {
  /** Unsigned or signed 64-bit number; above 2^53 - 1 it is refused. */
  number(): number;
  /** Unsigned 64-bit number, whole. */
  uint64(): bigint;
  /** Signed 32-bit number. */
  int32(): number;
  bool(): boolean;
  /** A view of the message's bytes. */
  bytes(): Uint8Array;
  text(): string;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Calls `onField` for each field, in order; what it does not read is skipped.
 * Throws `ERR_WIRE_PROTOBUF` naming `what` when the bytes are not a protobuf message or a value does not fit.
 */
export function readFields(bytes: Uint8Array, what: string, onField: (field: number, value: FieldValue) => void): void {
  try {
    const reader = protobuf.Reader.create(bytes);
    let wireType = 0;
    let taken = false;
    const take = (wanted: number): void => {
      if (wireType !== wanted) throw new RangeError(`wire type ${wireType} where ${wanted} is due`);
      taken = true;
    };
    const value: FieldValue = {
      number: () => {
        take(VARINT);
        return safeNumber(reader.uint64());
      },
      uint64: () => {
        take(VARINT);
        return wholeVarint(reader);
      },
      int32: () => {
        take(VARINT);
        return reader.int32();
      },
      bool: () => {
        take(VARINT);
        return reader.bool();
      },
      bytes: () => {
        take(LENGTH_DELIMITED);
        const view = reader.bytes();
        return new Uint8Array(view.buffer, view.byteOffset, view.length);
      },
      text: () => {
        take(LENGTH_DELIMITED);
        return reader.string();
      },
    };
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      wireType = tag & 7;
      taken = false;
      if (tag >>> 3 === 0) throw new RangeError('field number 0');
      onField(tag >>> 3, value);
      if (!taken) skip(reader, wireType);
    }
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', `${what}: not a valid message`, { cause: thrown });
  }
}

/** A fresh writer: `.uint32(tag(1, 2)).bytes(...)`, ended by {@link finishMessage}. */
export function messageWriter(): protobuf.Writer {
  return protobuf.Writer.create();
}

/** The written bytes, as a plain `Uint8Array`. */
export function finishMessage(writer: protobuf.Writer): Uint8Array {
  const bytes = writer.finish();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Writes a 64-bit number after its tag. */
export function writeUint64(writer: protobuf.Writer, value: bigint): void {
  const bits = { low: Number(value & 0xffffffffn), high: Number((value >> 32n) & 0xffffffffn), unsigned: true };
  // The writer takes anything with two halves.
  writer.uint64(bits);
}

/** Tag of a varint field. */
export function varintTag(field: number): number {
  return (field << 3) | VARINT;
}

/** Tag of a bytes, text or message field. */
export function bytesTag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** Groups (wire types 3 and 4) are refused: no protocol here uses them, and nested ones exhaust a skipper's stack. */
function skip(reader: protobuf.Reader, wireType: number): void {
  if (wireType === 3 || wireType === 4) throw new RangeError('groups are not supported');
  reader.skipType(wireType);
}

function safeNumber(value: number | { toString(): string }): number {
  const number = Number(value.toString());
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${number} is out of range`);
  return number;
}

/** The library answers 64 bits exactly only where a package for them is installed. */
function wholeVarint(reader: protobuf.Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.pos >= reader.len) throw new RangeError('a number is cut off');
    const byte = reader.buf[reader.pos++] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (value >= 1n << 64n) throw new RangeError('a number above 2^64');
    return value;
  }
  throw new RangeError('a number of more than 10 bytes');
}

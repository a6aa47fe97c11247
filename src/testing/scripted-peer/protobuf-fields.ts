/** Protobuf messages without their schema: field numbers and values, for protocols that have no codec here. */
import {
  bytesTag,
  finishMessage,
  messageWriter,
  readFields,
  varintTag,
  type FieldValue as Reading,
} from '../../wire/protobuf.js';

/** A value: a varint, text or bytes, or a message inside the message. */
export type FieldValue = number | string | Uint8Array | { readonly fields: Fields };

/** Field numbers and values in the order of the wire, e.g. `[[1, 4]]` for `type = CAN_HOP`. */
export type Fields = readonly (readonly [field: number, value: FieldValue])[];

/** Fields as a decoder without a schema sees them: text and inner messages are bytes. */
export type DecodedFields = readonly (readonly [field: number, value: number | Uint8Array])[];

const encoder = new TextEncoder();

/** Encodes the fields in their order. */
export function encodeFields(fields: Fields): Uint8Array {
  const writer = messageWriter();
  for (const [field, value] of fields) {
    if (typeof value === 'number') writer.uint32(varintTag(field)).uint64(value);
    else writer.uint32(bytesTag(field)).bytes(bytesOf(value));
  }
  return finishMessage(writer);
}

/**
 * Decodes the fields in their order. Throws `ERR_WIRE_PROTOBUF`, also for fixed32 and fixed64 fields and for numbers
 * above 2^53 - 1: no protocol here has any.
 */
export function decodeFields(bytes: Uint8Array): DecodedFields {
  const fields: (readonly [number, number | Uint8Array])[] = [];
  readFields(bytes, 'message', (field, value) => fields.push([field, numberOf(value) ?? value.bytes()]));
  return fields;
}

/** The fields as {@link decodeFields} would see them, so that the two can be compared. */
export function withoutSchema(fields: Fields): DecodedFields {
  return fields.map(([field, value]) => [field, typeof value === 'number' ? value : bytesOf(value)] as const);
}

function bytesOf(value: Exclude<FieldValue, number>): Uint8Array {
  if (typeof value === 'string') return encoder.encode(value);
  return value instanceof Uint8Array ? value : encodeFields(value.fields);
}

/** Another wire type throws before anything is taken, so the value can still be read as what it is. */
function numberOf(value: Reading): number | undefined {
  try {
    return value.number();
  } catch {
    return undefined;
  }
}

/**
 * Values of calls as they stand in a trace: JSON, with bytes, CIDs and errors told apart from plain objects by a key of
 * their own (`$bytes`, `$cid`, `$error`, `$ref`), and what JSON has no word for by `$undefined`.
 */
import { CID } from 'multiformats/cid';
import { EngineError, toEngineError, type ErrorCode, type Blame } from '../errors.js';
import { fingerprint } from '../wire/fingerprint.js';
import { toHex } from '../wire/hex.js';

/** Says in a trace that a value is a live thing (a stream, a session, a function), and which. */
export interface Reference {
  readonly $ref: string;
}

/** Finds or gives the name of a live thing; `undefined` for what is plain. */
export type NameOf = (value: object) => string | undefined;

/**
 * `value` as JSON. Live things become references by `nameOf`; where that knows none, they are left out. With `digest`,
 * bytes are told by length and digest alone: for what is only compared.
 */
export function encodeValue(value: unknown, nameOf: NameOf = () => undefined, digest = false): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (typeof value === 'function') return referenceTo(value, nameOf);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return digest ? { $digest: { length: value.length, digest: fingerprint([value]) } } : { $bytes: toHex(value) };
  }
  if (value instanceof Error) return encodeError(value);
  const cid = CID.asCID(value);
  if (cid !== null) return { $cid: cid.toString() };
  if (Array.isArray(value)) return value.map((item) => encodeValue(item, nameOf, digest));
  if (value instanceof Map) return { $map: [...value].map((pair) => encodeValue(pair, nameOf, digest)) };
  const name = nameOf(value);
  if (name !== undefined) return { $ref: name } satisfies Reference;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && (typeof item !== 'function' || nameOf(item as object) !== undefined))
      .map(([key, item]) => [key, encodeValue(item, nameOf, digest)]),
  );
}

/** What {@link encodeValue} was given; `resolve` finds what a reference names. */
export function decodeValue(json: unknown, resolve: (name: string) => unknown = () => undefined): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => decodeValue(item, resolve));
  const object = json as Readonly<Record<string, unknown>>;
  if ('$undefined' in object) return undefined;
  if (typeof object['$bigint'] === 'string') return BigInt(object['$bigint']);
  if (typeof object['$bytes'] === 'string') return fromHex(object['$bytes']);
  if (typeof object['$cid'] === 'string') return CID.parse(object['$cid']);
  if (typeof object['$ref'] === 'string') return resolve(object['$ref']);
  if (Array.isArray(object['$map'])) return new Map(decodeValue(object['$map'], resolve) as [unknown, unknown][]);
  if ('$error' in object) return decodeError(object['$error']);
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, decodeValue(item, resolve)]));
}

/** Bytes of lower-case hex. @throws EngineError `ERR_TRACE_INVALID` for anything else. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) {
    throw new EngineError('ERR_TRACE_INVALID', 'local', `trace: "${hex.slice(0, 16)}..." is not hex`);
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

function referenceTo(value: object, nameOf: NameOf): unknown {
  const name = nameOf(value);
  return name === undefined ? { $undefined: true } : ({ $ref: name } satisfies Reference);
}

/** Code, fault and message: what a caller can act on. The stack differs from run to run. */
function encodeError(error: Error): unknown {
  const { code, blame, message } = toEngineError(error, 'ERR_ENGINE_ASSERTION', 'local', error.message);
  return { $error: { code, blame, message, name: error.name } };
}

function decodeError(json: unknown): Error {
  const { code, blame, message, name } = json as Readonly<Record<string, string>>;
  if (name === 'EngineError') return new EngineError(code as ErrorCode, blame as Blame, message ?? '');
  return Object.assign(new Error(message), { name });
}

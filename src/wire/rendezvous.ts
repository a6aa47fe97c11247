/**
 * Messages of the rendezvous protocol (libp2p/specs rendezvous/README.md, "Protobuf"): each behind a varint length. Whether a
 * namespace, a time to live or a cookie is any good is for who answers to say, with a status: here only what is no message fails.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag, writeUint64 } from './protobuf.js';

/** How a point answers, by the spec's names. */
export type RendezvousStatus =
  | 'OK'
  | 'E_INVALID_NAMESPACE'
  | 'E_INVALID_SIGNED_PEER_RECORD'
  | 'E_INVALID_TTL'
  | 'E_INVALID_COOKIE'
  | 'E_NOT_AUTHORIZED'
  | 'E_INTERNAL_ERROR'
  | 'E_UNAVAILABLE';

/** A peer in a namespace. What a sender leaves out is absent. */
export interface RendezvousRegistration {
  readonly namespace?: string;
  /** A signed envelope around a peer record, as it travelled: nobody has checked it. */
  readonly signedPeerRecord?: Uint8Array;
  /** Above 2^53 - 1 it is that. */
  readonly ttlSeconds?: number;
}

/** A peer wants to be found. */
export type RendezvousRegister = RendezvousRegistration & { readonly type: 'REGISTER' };

/** It is registered, for so long, or not. */
export interface RendezvousRegisterResponse {
  readonly type: 'REGISTER_RESPONSE';
  /** A number that no version has stands for itself. */
  readonly status: RendezvousStatus | number;
  readonly statusText?: string;
  readonly ttlSeconds?: number;
}

/** It wants to be found no more; this has no answer. */
export interface RendezvousUnregister {
  readonly type: 'UNREGISTER';
  readonly namespace?: string;
}

/** Who is in a namespace, or in any. */
export interface RendezvousDiscover {
  readonly type: 'DISCOVER';
  readonly namespace?: string;
  /** Above 2^53 - 1 it is that. */
  readonly limit?: number;
  /** Of an earlier answer: only what has come since is asked for. */
  readonly cookie?: Uint8Array;
}

/** Who is there, and a cookie to ask on with. */
export interface RendezvousDiscoverResponse {
  readonly type: 'DISCOVER_RESPONSE';
  readonly status: RendezvousStatus | number;
  readonly statusText?: string;
  readonly registrations: readonly RendezvousRegistration[];
  readonly cookie?: Uint8Array;
}

/** One message. */
export type RendezvousMessage =
  | RendezvousRegister
  | RendezvousRegisterResponse
  | RendezvousUnregister
  | RendezvousDiscover
  | RendezvousDiscoverResponse;

/** Bounds of {@link decodeRendezvous}. */
export type RendezvousLimits = Pick<Limits, 'rendezvousRegistrations' | 'rendezvousStatusTextCharacters'>;

const STATUS: Readonly<Record<RendezvousStatus, number>> = {
  OK: 0,
  E_INVALID_NAMESPACE: 100,
  E_INVALID_SIGNED_PEER_RECORD: 101,
  E_INVALID_TTL: 102,
  E_INVALID_COOKIE: 103,
  E_NOT_AUTHORIZED: 200,
  E_INTERNAL_ERROR: 300,
  E_UNAVAILABLE: 400,
};
const NAMES = new Map(Object.entries(STATUS).map(([name, number]) => [number, name as RendezvousStatus]));

const TYPES = ['REGISTER', 'REGISTER_RESPONSE', 'UNREGISTER', 'DISCOVER', 'DISCOVER_RESPONSE'] as const;
const TYPE = 1;
/** The body of a type is in the field of its own, two further on than the type's number. */
const BODY = 2;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes a message without its length; byte fields are copies. Registrations beyond the limit are left out.
 * Throws `ERR_WIRE_PROTOBUF` for bytes that are no message, an unknown type, a type without its body, and text that is no text.
 */
export function decodeRendezvous(bytes: Uint8Array, limits: RendezvousLimits = LIMITS): RendezvousMessage {
  let number = 0;
  const bodies = new Map<number, Uint8Array>();
  readFields(bytes, 'rendezvous message', (field, value) => {
    if (field === TYPE) number = value.number();
    else if (field >= BODY && field < BODY + TYPES.length) bodies.set(field - BODY, value.bytes());
  });
  const type = TYPES[number];
  const body = bodies.get(number);
  if (type === undefined || body === undefined) {
    throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', `rendezvous message: no type ${number}, or none with a body`);
  }
  return decodeBody(type, body, limits);
}

/** Encodes a message, without its length. What a reader may ask for stands there, zeros too. */
export function encodeRendezvous(message: RendezvousMessage): Uint8Array {
  const writer = messageWriter();
  const number = TYPES.indexOf(message.type);
  writer.uint32(varintTag(TYPE)).uint32(number);
  writer.uint32(bytesTag(BODY + number)).bytes(encodeBody(message));
  return finishMessage(writer);
}

/** The bytes that a registration takes in an answer, with its tag and length at their largest. */
export function rendezvousRegistrationBytes(registration: RendezvousRegistration): number {
  return encodeRegistration(registration).length + 1 + 4;
}

function decodeBody(type: (typeof TYPES)[number], body: Uint8Array, limits: RendezvousLimits): RendezvousMessage {
  if (type === 'REGISTER') return { type, ...decodeRegistration(body) };
  const texts = new Map<number, string>();
  const numbers = new Map<number, number>();
  const registrations: RendezvousRegistration[] = [];
  let cookie: Uint8Array | undefined;
  const layout = LAYOUTS[type];
  readFields(body, `rendezvous ${type}`, (field, value) => {
    if (layout.texts.includes(field)) texts.set(field, utf8.decode(value.bytes()));
    else if (layout.numbers.includes(field)) numbers.set(field, clamped(value.uint64()));
    else if (field === layout.cookie) cookie = value.bytes().slice();
    else if (field === layout.registrations) {
      const one = value.bytes();
      if (registrations.length < limits.rendezvousRegistrations) registrations.push(decodeRegistration(one));
    }
  });
  const told = <Key extends string, Value>(key: Key, value: Value | undefined): { readonly [Name in Key]?: Value } =>
    value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]: Value });
  const statusOf = (field: number): RendezvousStatus | number => named(numbers.get(field) ?? 0);
  const text = (field: number): string | undefined => texts.get(field)?.slice(0, limits.rendezvousStatusTextCharacters);
  if (type === 'UNREGISTER') return { type, ...told('namespace', texts.get(1)) };
  if (type === 'DISCOVER') {
    return { type, ...told('namespace', texts.get(1)), ...told('limit', numbers.get(2)), ...told('cookie', cookie) };
  }
  if (type === 'REGISTER_RESPONSE') {
    const ttl = told('ttlSeconds', numbers.get(3));
    return { type, status: statusOf(1), ...told('statusText', text(2)), ...ttl };
  }
  return { type, status: statusOf(3), ...told('statusText', text(4)), registrations, ...told('cookie', cookie) };
}

/** Which fields of a body hold what. */
interface Layout {
  readonly texts: readonly number[];
  readonly numbers: readonly number[];
  readonly cookie?: number;
  readonly registrations?: number;
}

const LAYOUTS: Readonly<Record<Exclude<(typeof TYPES)[number], 'REGISTER'>, Layout>> = {
  REGISTER_RESPONSE: { texts: [2], numbers: [1, 3] },
  UNREGISTER: { texts: [1], numbers: [] },
  DISCOVER: { texts: [1], numbers: [2], cookie: 3 },
  DISCOVER_RESPONSE: { texts: [4], numbers: [3], cookie: 2, registrations: 1 },
};

function decodeRegistration(bytes: Uint8Array): RendezvousRegistration {
  let namespace: string | undefined;
  let signedPeerRecord: Uint8Array | undefined;
  let ttlSeconds: number | undefined;
  readFields(bytes, 'rendezvous registration', (field, value) => {
    if (field === 1) namespace = utf8.decode(value.bytes());
    else if (field === 2) signedPeerRecord = value.bytes().slice();
    else if (field === 3) ttlSeconds = clamped(value.uint64());
  });
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(signedPeerRecord === undefined ? {} : { signedPeerRecord }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  };
}

function encodeBody(message: RendezvousMessage): Uint8Array {
  if (message.type === 'REGISTER') return encodeRegistration(message);
  const writer = messageWriter();
  const bytes = (field: number, value: Uint8Array | undefined): void => {
    if (value !== undefined) writer.uint32(bytesTag(field)).bytes(value);
  };
  const text = (field: number, value: string | undefined): void => {
    if (value !== undefined) writer.uint32(bytesTag(field)).string(value);
  };
  const number = (field: number, value: number | undefined): void => {
    if (value !== undefined) writeUint64(writer.uint32(varintTag(field)), BigInt(value));
  };
  switch (message.type) {
    case 'REGISTER_RESPONSE':
      number(1, numbered(message.status));
      text(2, message.statusText);
      number(3, message.ttlSeconds);
      break;
    case 'UNREGISTER':
      text(1, message.namespace);
      break;
    case 'DISCOVER':
      text(1, message.namespace);
      number(2, message.limit);
      bytes(3, message.cookie);
      break;
    default:
      for (const registration of message.registrations) bytes(1, encodeRegistration(registration));
      bytes(2, message.cookie);
      number(3, numbered(message.status));
      text(4, message.statusText);
  }
  return finishMessage(writer);
}

function encodeRegistration({ namespace, signedPeerRecord, ttlSeconds }: RendezvousRegistration): Uint8Array {
  const writer = messageWriter();
  if (namespace !== undefined) writer.uint32(bytesTag(1)).string(namespace);
  if (signedPeerRecord !== undefined) writer.uint32(bytesTag(2)).bytes(signedPeerRecord);
  if (ttlSeconds !== undefined) writeUint64(writer.uint32(varintTag(3)), BigInt(ttlSeconds));
  return finishMessage(writer);
}

function named(status: number): RendezvousStatus | number {
  return NAMES.get(status) ?? status;
}

function numbered(status: RendezvousStatus | number): number {
  return typeof status === 'number' ? status : STATUS[status];
}

function clamped(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}

/** What a hostile peer does in TLS, where, and what it has to come to; and what such acts are made of. */
import type { Role } from '../../../src/actors/connection/security.js';
import type { ErrorCode } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import { type TlsAlertName } from '../../../src/wire/tls-names.js';
import { tlsNumber } from '../../../src/wire/tls-bytes.js';
import { concat } from '../byte-texts.js';
import type { Forgery } from '../forged-certificate.js';
import type { TlsForger } from '../tls-forger.js';

/** One act of a peer. */
export interface TlsAct {
  readonly name: string;
  /** The role of the node. */
  readonly role: Role;
  /** Where the forger is: before its hello, or behind the hellos, where its proof is due. */
  readonly at: 'hello' | 'proof';
  readonly bytes: (forger: TlsForger) => Uint8Array;
  /** The peer ends its side behind the bytes. */
  readonly ends?: boolean;
  readonly code: ErrorCode;
  readonly state: string;
  /** What the node says to it; `none`: nothing. */
  readonly alert: TlsAlertName | 'none';
  readonly forgery?: Forgery;
  readonly limits?: Partial<Limits>;
}

/** Bytes of a handshake message in these tests. */
export const MESSAGE_LIMIT_BYTES = 8 * 1024;
export const NONE = new Uint8Array(0);

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at < 0 ? copy.length + at : at] = (copy[at < 0 ? copy.length + at : at] ?? 0) ^ 1;
  return copy;
}

/** The record's header over what a forger would say, so that nothing else of it changes. */
export function header(type: number, version: number, length: number): Uint8Array {
  return concat(Uint8Array.of(type), tlsNumber(version, 2), tlsNumber(length, 2));
}

export const repeated = (bytes: () => Uint8Array, times: number): Uint8Array =>
  concat(...Array.from({ length: times }, () => bytes()));

/** The states in which a node waits for a hello and for what follows it, by its role. */
const HELLO = { dialer: 'awaitingServerHello', listener: 'awaitingClientHello' } as const;
const PROOF = { dialer: 'awaitingEncryptedExtensions', listener: 'awaitingCertificate' } as const;
const ROLES = ['dialer', 'listener'] as const;

/** The same for both roles of the node. */
export const both = (act: (role: Role) => Omit<TlsAct, 'role'>): readonly TlsAct[] =>
  ROLES.map((role) => ({ role, ...act(role) }));

export const atHello = (
  name: string,
  code: ErrorCode,
  alertName: TlsAlertName | 'none',
  bytes: (forger: TlsForger) => Uint8Array,
  more: Partial<TlsAct> = {},
): readonly TlsAct[] =>
  both((role) => ({ name, at: 'hello', code, alert: alertName, state: HELLO[role], bytes, ...more }));

export const atProof = (
  name: string,
  code: ErrorCode,
  alertName: TlsAlertName | 'none',
  bytes: (forger: TlsForger) => Uint8Array,
  more: Partial<TlsAct> = {},
): readonly TlsAct[] =>
  both((role) => ({ name, at: 'proof', code, alert: alertName, state: PROOF[role], bytes, ...more }));

/** What goes before the certificate of a server. */
export const preface = (forger: TlsForger): readonly Uint8Array[] =>
  forger.side === 'server' ? [forger.encryptedExtensions(), forger.certificateRequest()] : [];

export const certificateOf = (forger: TlsForger): Uint8Array =>
  forger.messages(...preface(forger), forger.certificates());

export const badCertificate = (name: string, forgery: Forgery, alertName: TlsAlertName = 'bad_certificate') =>
  atProof(name, 'ERR_TLS_BAD_CERTIFICATE', alertName, certificateOf, { forgery, state: 'judgingCertificate' });

/** Code points of TLS 1.3 (RFC 8446, appendix B): what stands for what, and what we speak of it. */
import type { SignatureScheme } from '../ports.js';

/** `0x0303` wherever an old version field has to be filled: TLS 1.2, which nobody negotiates. */
export const TLS_LEGACY_VERSION = 0x0303;
/** TLS 1.3, in the supported_versions extension. */
export const TLS_VERSION_13 = 0x0304;

/** ContentType of a record. */
export const TLS_CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** HandshakeType, of the messages that TLS 1.3 has. */
export const TLS_MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
  /** Stands for the first ClientHello in the transcript of a handshake with a retry. */
  messageHash: 254,
} as const;

/** A handshake message by name. */
export type TlsMessageName = keyof typeof TLS_MESSAGE;

/** ExtensionType, of those that we send or read. */
export const TLS_EXTENSION = {
  supportedGroups: 10,
  signatureAlgorithms: 13,
  applicationLayerProtocolNegotiation: 16,
  preSharedKey: 41,
  supportedVersions: 43,
  cookie: 44,
  keyShare: 51,
} as const;

/** NamedGroup, of those that we speak. */
export const TLS_GROUP = { x25519: 0x001d, secp256r1: 0x0017 } as const;

/** A group by name. */
export type TlsGroupName = keyof typeof TLS_GROUP;

/** Our groups, best first. */
export const TLS_GROUP_NAMES: readonly TlsGroupName[] = ['x25519', 'secp256r1'];

/** The name of a group that we speak. */
export function tlsGroupName(code: number): TlsGroupName | undefined {
  return TLS_GROUP_NAMES.find((name) => TLS_GROUP[name] === code);
}

/** A cipher suite: how records are sealed, and the hash of the key schedule. */
export interface TlsSuite {
  readonly name: string;
  readonly code: number;
  readonly aead: 'aesGcm' | 'chacha20Poly1305';
  readonly keyBytes: number;
  readonly hash: 'sha256' | 'sha384';
}

/** Our cipher suites, best first: processors have AES built in. */
export const TLS_SUITES: readonly TlsSuite[] = [
  { name: 'TLS_AES_128_GCM_SHA256', code: 0x1301, aead: 'aesGcm', keyBytes: 16, hash: 'sha256' },
  { name: 'TLS_CHACHA20_POLY1305_SHA256', code: 0x1303, aead: 'chacha20Poly1305', keyBytes: 32, hash: 'sha256' },
  { name: 'TLS_AES_256_GCM_SHA384', code: 0x1302, aead: 'aesGcm', keyBytes: 32, hash: 'sha384' },
];

/** The suite of a code, if we speak it. */
export function tlsSuite(code: number): TlsSuite | undefined {
  return TLS_SUITES.find((suite) => suite.code === code);
}

/** SignatureScheme codes. */
export const TLS_SCHEME: { readonly [Scheme in SignatureScheme]: number } = {
  ecdsa_secp256r1_sha256: 0x0403,
  ed25519: 0x0807,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pkcs1_sha256: 0x0401,
};

/** What we take, best first. The last one signs certificates alone (RFC 8446, 4.2.3). */
export const TLS_SCHEME_NAMES = Object.keys(TLS_SCHEME) as readonly SignatureScheme[];

/** The name of a scheme that we verify. */
export function tlsSchemeName(code: number): SignatureScheme | undefined {
  return TLS_SCHEME_NAMES.find((name) => TLS_SCHEME[name] === code);
}

/** AlertDescription (RFC 8446, 6). */
export const TLS_ALERT = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;

/** An alert by name. */
export type TlsAlertName = keyof typeof TLS_ALERT;

const ALERT_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TLS_ALERT).map(([name, code]) => [code, name]));

/** The name of an alert, or `alert 99` where RFC 8446 has none. */
export function tlsAlertName(code: number): string {
  return ALERT_NAMES.get(code) ?? `alert ${code}`;
}

/**
 * The identity inside a TLS handshake (libp2p/specs tls/tls.md, "Peer Authentication"): a certificate that its own key
 * signs, and in it an identity key that signs the certificate's key. Whoever proves to hold the one has proven to be the
 * other.
 */
import type { CertificateSigner, Ciphers, SignatureScheme } from '../ports.js';
import {
  decodeSignedKey,
  encodeSignedKey,
  signedKeyContent,
  SIGNED_KEY_OID,
  type SignedKey,
} from '../wire/signed-key.js';
import { encodeP256PublicKey } from '../wire/p256-key.js';
import type { TlsAlertName } from '../wire/tls-names.js';
import {
  decodeCertificate,
  encodeCertificate,
  encodeTbsCertificate,
  type Certificate,
  type CertificateKey,
} from '../wire/x509.js';
import type { Identity } from './identity.js';
import { verifyWith } from './keys.js';
import { peerIdFromPublicKey } from './peer-id.js';

/** A certificate of ours and the key that signs handshakes for it. */
export interface OwnCertificate {
  readonly bytes: Uint8Array;
  readonly signer: CertificateSigner;
}

/** Bytes of a serial number: positive, and so long that two are never the same (RFC 5280, 4.1.2.2, allows 20). */
export const CERTIFICATE_SERIAL_BYTES = 8;

/** The certificate of `identity`; the same key and serial number give the same one. */
export function createCertificate(
  identity: Pick<Identity, 'signer' | 'publicKeyProtobuf'>,
  signer: CertificateSigner,
  serialNumber: Uint8Array,
): OwnCertificate {
  const publicKeyInfo = encodeP256PublicKey(signer.publicKey);
  const signature = identity.signer.sign(signedKeyContent(publicKeyInfo));
  const value = encodeSignedKey({ publicKey: identity.publicKeyProtobuf, signature });
  // The only extension, and not critical, as in go-libp2p: js-libp2p looks at the first one alone.
  const extension = { oid: SIGNED_KEY_OID, critical: false, value };
  const tbs = encodeTbsCertificate({ serialNumber, publicKeyInfo, extension });
  return { bytes: encodeCertificate(tbs, signer.sign(tbs)), signer };
}

/** What a peer's certificates come to. */
export type CertificateFinding =
  | {
      readonly kind: 'accepted';
      /** Canonical peer id text. */
      readonly peer: string;
      /** As it was received. */
      readonly identityKey: Uint8Array;
      /** Signs the handshake. */
      readonly key: CertificateKey;
    }
  | {
      readonly kind: 'badCertificate' | 'peerMismatch';
      readonly why: string;
      readonly alert: TlsAlertName;
      readonly cause?: unknown;
    };

/**
 * Judges the certificates of a peer: one, valid now, signed by its own key, with nothing critical in it that we do not
 * know and with the libp2p extension, whose identity key signed the certificate's and belongs to `expectedPeer`, where one
 * is given. Never throws for what a peer sent.
 */
export function judgeCertificates(
  ciphers: Ciphers,
  certificates: readonly Uint8Array[],
  nowMs: number,
  expectedPeer: string | undefined,
): CertificateFinding {
  const [bytes] = certificates;
  if (bytes === undefined) return bad('no certificate came', 'certificate_required');
  if (certificates.length > 1) return bad(`${certificates.length} certificates came, one is allowed`);
  let certificate: Certificate;
  try {
    certificate = decodeCertificate(bytes);
  } catch (cause) {
    return bad('the certificate does not decode', 'bad_certificate', cause);
  }
  const { key } = certificate;
  if (key === undefined) return bad('its key is of a kind that we do not know', 'unsupported_certificate');
  return judgeForm(ciphers, certificate, key, nowMs) ?? judgeIdentity(ciphers, certificate, key, expectedPeer);
}

function judgeForm(
  ciphers: Ciphers,
  certificate: Certificate,
  key: CertificateKey,
  nowMs: number,
): CertificateFinding | undefined {
  const { notBeforeMs, notAfterMs, hasUniqueIds, extensions, signatureScheme, signedBytes, signature } = certificate;
  if (nowMs < notBeforeMs) return bad('the certificate is not valid yet', 'certificate_expired');
  if (nowMs > notAfterMs) return bad('the certificate is not valid any more', 'certificate_expired');
  if (hasUniqueIds) return bad('the certificate has unique ids, which libp2p forbids');
  const strange = extensions.find(({ oid, critical }) => critical && oid !== SIGNED_KEY_OID);
  if (strange !== undefined) return bad(`extension ${strange.oid} is critical, and not known`);
  if (signatureScheme === undefined || !belongs(signatureScheme, key)) {
    return bad('the certificate is signed in a way that we do not know', 'unsupported_certificate');
  }
  if (ciphers.verifyScheme(signatureScheme, key.bytes, signedBytes, signature)) return undefined;
  return bad('the certificate is not signed by its own key');
}

function judgeIdentity(
  ciphers: Ciphers,
  { extensions, publicKeyInfo }: Certificate,
  key: CertificateKey,
  expectedPeer: string | undefined,
): CertificateFinding {
  const [extension, second] = extensions.filter(({ oid }) => oid === SIGNED_KEY_OID);
  if (extension === undefined || second !== undefined) {
    return bad(`the certificate has ${extension === undefined ? 'no' : 'more than one'} libp2p extension`);
  }
  let signed: SignedKey;
  let peer: string;
  try {
    signed = decodeSignedKey(extension.value);
    peer = peerIdFromPublicKey(signed.publicKey);
  } catch (cause) {
    return bad('the libp2p extension holds no identity key that we know', 'bad_certificate', cause);
  }
  if (!verifyWith(ciphers, signed.publicKey, signedKeyContent(publicKeyInfo), signed.signature)) {
    return bad(`the signature by ${peer} over the key of the certificate is wrong`);
  }
  if (expectedPeer !== undefined && peer !== expectedPeer) {
    const why = `${expectedPeer} was expected, ${peer} answered`;
    return { kind: 'peerMismatch', why, alert: 'bad_certificate' };
  }
  return { kind: 'accepted', peer, identityKey: signed.publicKey, key };
}

/** Whether a key can have signed in that way: an RSA key signs certificates by PKCS#1 v1.5, and handshakes by PSS. */
function belongs(scheme: SignatureScheme, key: CertificateKey): boolean {
  return key.scheme === (scheme === 'rsa_pkcs1_sha256' ? 'rsa_pss_rsae_sha256' : scheme);
}

function bad(why: string, alert: TlsAlertName = 'bad_certificate', cause?: unknown): CertificateFinding {
  return { kind: 'badCertificate', why, alert, cause };
}

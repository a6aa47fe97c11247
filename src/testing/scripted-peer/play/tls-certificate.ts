/** The certificate of a script: ours, but for what the options say. */
import { CERTIFICATE_SERIAL_BYTES } from '../../../crypto/tls-certificate.js';
import { encodeP256PublicKey } from '../../../wire/p256-key.js';
import { encodeSignedKey, signedKeyContent, SIGNED_KEY_OID } from '../../../wire/signed-key.js';
import { encodeCertificate, encodeTbsCertificate, type CertificateExtension } from '../../../wire/x509.js';
import type { SendCertificateOptions } from '../script/tls-commands.js';
import type { Stage } from './stage.js';

/** id-ce-subjectKeyIdentifier (RFC 5280, 4.2.1.2): says nothing to libp2p. */
const OTHER_EXTENSION: CertificateExtension = {
  oid: '2.5.29.14',
  critical: false,
  value: Uint8Array.of(0x04, 0x01, 0x00),
};

/** Certificates in DER, our own first. */
export function certificatesOf(stage: Stage, options: SendCertificateOptions): readonly Uint8Array[] {
  return options.certificates?.map((one) => stage.bytesOf(one)) ?? [ownCertificate(stage, options)];
}

function ownCertificate(stage: Stage, options: SendCertificateOptions): Uint8Array {
  const { signer } = stage.tls;
  const publicKeyInfo = encodeP256PublicKey(signer.publicKey);
  const serialNumber = stage.tls.draw('serial', CERTIFICATE_SERIAL_BYTES);
  const extension = extensionOf(stage, publicKeyInfo, options);
  const tbs = encodeTbsCertificate({ serialNumber, publicKeyInfo, extension });
  return encodeCertificate(tbs, signer.sign(tbs));
}

function extensionOf(
  stage: Stage,
  publicKeyInfo: Uint8Array,
  { extension, identityKey }: SendCertificateOptions,
): CertificateExtension {
  if (extension === 'absent') return OTHER_EXTENSION;
  const about = { oid: SIGNED_KEY_OID, critical: false };
  if (extension !== undefined && extension !== 'wrong') return { ...about, value: stage.bytesOf(extension) };
  const { identity } = stage.options;
  const another = (): Uint8Array => encodeP256PublicKey(stage.tls.anotherSigner('other certificate').publicKey);
  const signed = extension === 'wrong' ? another() : publicKeyInfo;
  const publicKey = identityKey === undefined ? identity.publicKeyProtobuf : stage.bytesOf(identityKey);
  const signature = identity.signer.sign(signedKeyContent(signed));
  return { ...about, value: encodeSignedKey({ publicKey, signature }) };
}

/**
 * The certificate of a node: made and signed once for an identity, used for all its connections (the TLS spec allows that
 * as well as a fresh one each time). It saves every handshake a key pair and two signatures.
 */
import { CERTIFICATE_SERIAL_BYTES, createCertificate, type OwnCertificate } from '../../../crypto/tls-certificate.js';
import { AGREEMENT_SEED_BYTES } from '../../../ports.js';
import type { Environment } from '../../environment.js';
import type { Identity } from '../security.js';

/** Held as long as the node and its identity; each node draws its own, so that a seeded one draws the same every time. */
const certificates = new WeakMap<Environment, WeakMap<Identity, OwnCertificate>>();

/** The certificate of `identity` in this node; the first call draws its key and its serial number. */
export function ownCertificate(environment: Environment, identity: Identity): OwnCertificate {
  let ofNode = certificates.get(environment);
  if (ofNode === undefined) certificates.set(environment, (ofNode = new WeakMap()));
  let certificate = ofNode.get(identity);
  if (certificate === undefined) ofNode.set(identity, (certificate = drawCertificate(environment, identity)));
  return certificate;
}

function drawCertificate({ random, ciphers }: Environment, identity: Identity): OwnCertificate {
  const signer = ciphers.certificateSigner(random.bytes('tls.certificate', AGREEMENT_SEED_BYTES['P-256']));
  return createCertificate(identity, signer, random.bytes('tls.serial', CERTIFICATE_SERIAL_BYTES));
}

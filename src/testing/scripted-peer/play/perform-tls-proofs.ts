/** Performs the steps of TLS by which both sides prove who they are. */
import { judgeCertificates } from '../../../crypto/tls-certificate.js';
import {
  decodeTlsCertificate,
  decodeTlsCertificateRequest,
  decodeTlsCertificateVerify,
  encodeTlsCertificate,
  encodeTlsCertificateRequest,
  encodeTlsCertificateVerify,
  tlsSignedContent,
} from '../../../wire/tls-handshake.js';
import { encodeTlsCodes, readTlsExtensions } from '../../../wire/tls-extensions.js';
import { TLS_EXTENSION, TLS_MESSAGE, TLS_SCHEME_NAMES, tlsSchemeName } from '../../../wire/tls-names.js';
import { sameBytes } from '../bytes.js';
import type {
  HeardCertificate,
  HeardCertificateVerify,
  HeardFinished,
  SendCertificateVerifyOptions,
  SendFinishedOptions,
} from '../script/tls-commands.js';
import { spoiled } from './cutting.js';
import type { Performers } from './expecting.js';
import type { Stage } from './stage.js';
import { certificatesOf } from './tls-certificate.js';
import { expectHandshake, sendMessage } from './tls-messages.js';
import { codesOf, schemeCode, schemeWord } from './tls-words.js';

type ProofType = 'CertificateRequest' | 'Certificate' | 'CertificateVerify' | 'Finished';
type ProofPerformers = Pick<Performers<'tls'>, `tls.${'send' | 'expect'}${ProofType}`>;

const NO_CONTEXT = new Uint8Array(0);

export const performTlsProofs: ProofPerformers = {
  'tls.sendCertificateRequest': (stage, [options]) => {
    const schemes = options.schemes ?? TLS_SCHEME_NAMES;
    const extension = encodeTlsCodes(codesOf(schemes, schemeCode));
    const extensions = new Map([[TLS_EXTENSION.signatureAlgorithms, extension]]);
    const content = encodeTlsCertificateRequest({ context: NO_CONTEXT, extensions });
    sendMessage(stage, TLS_MESSAGE.certificateRequest, content, options, { schemes });
    return undefined;
  },
  'tls.expectCertificateRequest': (stage, [match, options]) => {
    const decode = (body: Uint8Array) => {
      const { extensions } = decodeTlsCertificateRequest(body);
      const schemes = readTlsExtensions(extensions).codes(TLS_EXTENSION.signatureAlgorithms) ?? [];
      return { schemes: schemes.map(schemeWord) };
    };
    return expectHandshake(stage, TLS_MESSAGE.certificateRequest, match, options, decode);
  },
  'tls.sendCertificate': (stage, [options]) => {
    const certificates = certificatesOf(stage, options);
    const content = encodeTlsCertificate({ context: NO_CONTEXT, certificates });
    sendMessage(stage, TLS_MESSAGE.certificate, content, options, { certificates });
    return undefined;
  },
  'tls.expectCertificate': (stage, [match, options]) =>
    expectHandshake(stage, TLS_MESSAGE.certificate, match, options, (body) => judged(stage, body)),
  'tls.sendCertificateVerify': (stage, [options]) => {
    const { scheme = 'ecdsa_secp256r1_sha256' } = options;
    const verify = { scheme: schemeCode(scheme), signature: signatureOf(stage, options) };
    sendMessage(stage, TLS_MESSAGE.certificateVerify, encodeTlsCertificateVerify(verify), options, { scheme });
    return undefined;
  },
  'tls.expectCertificateVerify': (stage, [match, options]) => {
    const decode = (body: Uint8Array): HeardCertificateVerify => verified(stage, body);
    return expectHandshake(stage, TLS_MESSAGE.certificateVerify, match, options, decode, ({ verified }) => {
      if (verified) stage.remotePeer = stage.tls.peer;
    });
  },
  'tls.sendFinished': (stage, [options]) => {
    const { tls } = stage;
    sendMessage(stage, TLS_MESSAGE.finished, verifyDataOf(stage, options), options);
    tls.finish(tls.side);
    // A client that is done is done altogether; a server may speak, and still has the client's proof to hear.
    stage.secure(tls.channel, { sending: true, receiving: tls.side === 'client' });
    return undefined;
  },
  'tls.expectFinished': (stage, [match, options]) => {
    const { tls } = stage;
    const decode = (body: Uint8Array): HeardFinished => ({ verified: sameBytes(body, tls.verifyData(tls.otherSide)) });
    return expectHandshake(stage, TLS_MESSAGE.finished, match, options, decode, () => {
      tls.finish(tls.otherSide);
      if (tls.side === 'server') stage.secure(tls.channel, { receiving: true });
    });
  },
};

/** The certificates of the peer, as libp2p judges them. */
function judged(stage: Stage, body: Uint8Array): HeardCertificate {
  const { ciphers, wallTime } = stage.options;
  const certificates = decodeTlsCertificate(body).certificates.map((one) => one.slice());
  const finding = judgeCertificates(ciphers, certificates, wallTime(), undefined);
  if (finding.kind !== 'accepted') return { certificates, verified: false, peer: '', why: finding.why };
  stage.tls.peerKey = finding.key;
  stage.tls.peer = finding.peer;
  return { certificates, verified: true, peer: finding.peer, why: '' };
}

function verified(stage: Stage, body: Uint8Array): HeardCertificateVerify {
  const { transcript, suite, otherSide, peerKey } = stage.tls;
  const { scheme, signature } = decodeTlsCertificateVerify(body);
  const name = tlsSchemeName(scheme);
  const content = tlsSignedContent(otherSide, transcript.hash(suite));
  const isSigned =
    name !== undefined &&
    name === peerKey?.scheme &&
    stage.options.ciphers.verifyScheme(name, peerKey.bytes, content, signature);
  return { scheme: schemeWord(scheme), verified: isSigned };
}

function signatureOf(stage: Stage, { signature }: SendCertificateVerifyOptions): Uint8Array {
  if (signature !== undefined && signature !== 'wrong') return stage.bytesOf(signature);
  const { transcript, suite, side, otherSide, signer } = stage.tls;
  // What the other side would sign is the wrong thing to sign.
  return signer.sign(tlsSignedContent(signature === 'wrong' ? otherSide : side, transcript.hash(suite)));
}

function verifyDataOf(stage: Stage, { verifyData }: SendFinishedOptions): Uint8Array {
  if (verifyData !== undefined && verifyData !== 'wrong') return stage.bytesOf(verifyData);
  const { tls } = stage;
  return spoiled(tls.verifyData(tls.side), verifyData === 'wrong' ? { flip: 0 } : {});
}

/** Every way in which the proof of a TLS peer is wrong, in both roles, and what listeners find nothing common in: by script. */
import type { ScriptedPeer, Steps } from '../../../src/testing/scripted-peer/index.js';
import { hex } from '../../support/byte-texts.js';
import { testIdentity } from '../../support/noise-side.js';
import type { NodeOptions, Recipe } from './recipe.js';
import { accepted, agreed, dialedFailure } from './virtual.js';

const OPTIONS: NodeOptions = { security: ['tls'] };
/** Whom a certificate may claim to be. */
const SOMEBODY_ELSE = testIdentity('wanted').publicKeyProtobuf;
/** An identity key of ECDSA on P-384. */
const ON_P384 = hex(`080312783076301006072a8648ce3d020106052b8104002203620004${'11'.repeat(96)}`);

/** The script was dialed, and its certificate is due. */
function asServer(peer: ScriptedPeer) {
  return agreed(peer, 'tls')
    .tls.expectClientHello()
    .sendServerHello()
    .sendEncryptedExtensions()
    .sendCertificateRequest();
}

/** The script has dialed and heard who the node is: its certificate is due. */
function asClient(peer: ScriptedPeer) {
  return peer.multistream.negotiate('/tls/1.0.0').tls.sendClientHello().expectFlight();
}

type Tls = ReturnType<typeof asServer>;

/** A proof that is wrong; `alert` is what the node says of it. */
interface Wrong {
  readonly called: string;
  readonly title: string;
  readonly act: (tls: Tls) => Tls;
  readonly alert: string;
}

const CERTIFICATES: readonly Wrong[] = [
  {
    called: 'no-certificate',
    title: 'no certificate comes',
    act: (tls) => tls.sendCertificate({ certificates: [] }),
    alert: 'certificate_required',
  },
  {
    called: 'no-extension',
    title: 'the certificate has no libp2p extension',
    act: (tls) => tls.sendCertificate({ extension: 'absent' }),
    alert: 'bad_certificate',
  },
  {
    called: 'broken-extension',
    title: 'the libp2p extension of the certificate does not decode',
    act: (tls) => tls.sendCertificate({ extension: hex('0500') }),
    alert: 'bad_certificate',
  },
  {
    called: 'wrong-extension',
    title: 'the libp2p extension signs another key than that of the certificate',
    act: (tls) => tls.sendCertificate({ extension: 'wrong' }),
    alert: 'bad_certificate',
  },
  {
    called: 'impersonation',
    title: 'the certificate claims to be of somebody else',
    act: (tls) => tls.sendCertificate({ identityKey: SOMEBODY_ELSE }),
    alert: 'bad_certificate',
  },
  {
    called: 'unsupported-key',
    title: 'the identity key is on a curve that we do not know',
    act: (tls) => tls.sendCertificate({ identityKey: ON_P384 }),
    alert: 'bad_certificate',
  },
];

const SIGNATURE: Wrong = {
  called: 'bad-signature',
  title: 'the signature is over something else than the handshake',
  act: (tls) => tls.sendCertificate().sendCertificateVerify({ signature: 'wrong' }),
  alert: 'decrypt_error',
};

const DIALED = CERTIFICATES.map(({ called, title, act, alert }) =>
  dialedFailure({
    name: `tls-${called}`,
    title: `TLS, dialed by us: ${title}`,
    code: 'ERR_TLS_BAD_CERTIFICATE',
    options: OPTIONS,
    script: (peer) => act(asServer(peer)).expectAlert(alert).expectClose(),
  }),
);

const ACCEPTED = [...CERTIFICATES, SIGNATURE].map(({ called, title, act, alert }) =>
  accepted(`tls-listener-${called}`, `TLS, dialed by the peer: ${title}`, {
    options: OPTIONS,
    script: (peer) => act(asClient(peer)).expectAlert(alert).expectClose(),
  }),
);

/** A hello that leaves nothing common. */
function uncommon(called: string, title: string, hello: (tls: Tls) => Tls, alert: string): Recipe {
  const script = (peer: ScriptedPeer): Steps =>
    hello(peer.multistream.negotiate('/tls/1.0.0').tls).expectAlert(alert).expectClose();
  return accepted(`tls-listener-${called}`, `TLS, dialed by the peer: ${title}`, { options: OPTIONS, script });
}

export const TLS_PROOFS: readonly Recipe[] = [
  ...DIALED,
  ...ACCEPTED,
  uncommon(
    'no-common-version',
    'it offers TLS 1.2 alone',
    (tls) => tls.sendClientHello({ versions: [0x0303] }),
    'protocol_version',
  ),
  uncommon(
    'no-common-suite',
    'it offers suites that we do not know',
    (tls) => tls.sendClientHello({ suites: [0x1304] }),
    'handshake_failure',
  ),
];

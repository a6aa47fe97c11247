/** What is found of failed handshakes: who answered, what could not be proven, and where it was silent. */
import type { ErrorCode } from '../../../errors.js';
import {
  awaited,
  capital,
  clause,
  hintOf,
  meaningOf,
  peerOf,
  withDetail,
  type Case,
  type Finder,
  type Finding,
} from '../case.js';
import { byMeaning, ended, silence, unexpected } from './general.js';

const PEER_ID = /\b(?:12D3Koo|16Uiu2|Qm|bafz)[0-9A-Za-z]{20,}/g;

/** Two peer ids: who was dialed, and who answered. */
const mismatch: Finder = (given) => {
  const { incident, code } = given;
  const [expected, answered] = [...incident.message.matchAll(PEER_ID)].map(([id]) => id);
  const target = expected ?? [...(incident.connection?.dial?.target ?? '').matchAll(PEER_ID)].map(([id]) => id)[0];
  const remote = incident.connection?.remote ?? '';
  const at = remote === '' ? '' : ` at ${remote}`;
  const who = answered ?? 'another peer';
  return {
    cause: `${target ?? 'One peer'} was dialed, and ${who} answered${at}.`,
    change: [
      answered === undefined
        ? 'Dial it with the /p2p/ part of the peer that lives there now.'
        : `Dial it as ${answered} if that is the peer that is meant: it may have a new key.`,
      'Look for the present address of the peer: its host may have been given to another one.',
      hintOf(code),
    ],
    ...(answered === undefined ? {} : { offered: [answered] }),
    ...(target === undefined ? {} : { wanted: [target] }),
  };
};

/** A proof of identity that does not hold. */
const unproven: Finder = (given) => ({
  ...byMeaning(given),
  change: [
    'Do not trust the peer: whoever answers does not hold the key of that identity, or somebody stands between.',
    hintOf(given.code),
  ],
});

/** Bytes that the channel does not open, during the handshake or after it. */
const broken: Finder = (given) => {
  const { incident, code } = given;
  const { machine, state, connection } = incident;
  if (machine !== 'connection') return { ...byMeaning(given), change: [hintOf(code), CHECK_PATH] };
  const where = state === 'open' ? 'on the open connection' : `in ${state ?? ''}`;
  return {
    cause: withDetail(
      `${capital(peerOf(connection))} sent a frame ${where} that the ${connection?.security ?? 'secure'} channel does not open.`,
      incident,
    ),
    change: [hintOf(code), CHECK_PATH],
  };
};

const CHECK_PATH =
  'Look for what changes bytes on the way: a proxy, a port that is shared, or a faulty implementation.';

/** A TLS alert: the peer's reason is its name. */
const alert: Finder = (given) => {
  const { incident, code } = given;
  const name = /says (\w+)/.exec(incident.message)?.[1];
  const due = awaited(incident.machine, incident.state);
  return {
    cause:
      name === undefined
        ? clause(meaningOf(incident.machine, incident.ended) ?? hintOf(code)).concat('.')
        : `${capital(peerOf(incident.connection))} ended TLS with the alert ${name}${due === undefined ? '' : ` while ${due} was due`}.`,
    change: [
      name === undefined ? hintOf(code) : (ALERTS[name] ?? hintOf(code)),
      'Look into the log of the peer: it judged what this side sent.',
    ],
  };
};

const ALERTS: Readonly<Record<string, string>> = {
  bad_certificate: 'Look at our own certificate and clock: the peer does not take the certificate of this side.',
  certificate_expired: 'Set the clocks of both sides: the peer thinks that our certificate has expired.',
  no_application_protocol: 'Offer another muxer (--muxer): the peer takes none of those in our ALPN.',
  handshake_failure: 'Compare cipher suites and groups of both sides.',
  protocol_version: 'Let the peer speak TLS 1.3.',
};

/** What a plaintext Exchange says of its sender. */
const plaintext: Finder = (given) => ({
  ...byMeaning(given),
  change: [hintOf(given.code), 'Check that the peer speaks plaintext 2.0 and sends the id that belongs to its key.'],
});

const misread = (given: Case): Finding => ({
  ...byMeaning(given),
  change: [
    hintOf(given.code),
    'Compare both sides’ versions of the handshake: the peer writes what this side does not read.',
  ],
});

export const SECURITY_FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ERR_PEER_ID_MISMATCH: mismatch,
  ERR_NOISE_BAD_SIGNATURE: unproven,
  ERR_SECIO_BAD_SIGNATURE: unproven,
  ERR_SECIO_BAD_NONCE: unproven,
  ERR_TLS_BAD_SIGNATURE: unproven,
  ERR_TLS_BAD_CERTIFICATE: unproven,
  ERR_TLS_BAD_FINISHED: unproven,
  ERR_NOISE_BAD_FRAME: broken,
  ERR_SECIO_BAD_MAC: broken,
  ERR_SECIO_BAD_FRAME: broken,
  ERR_TLS_BAD_RECORD: broken,
  ERR_TLS_ALERT: alert,
  ERR_NOISE_BAD_MESSAGE: misread,
  ERR_NOISE_BAD_PAYLOAD: misread,
  ERR_SECIO_BAD_PROPOSE: misread,
  ERR_SECIO_BAD_EXCHANGE: misread,
  ERR_TLS_BAD_MESSAGE: misread,
  ERR_PLAINTEXT_BAD_EXCHANGE: plaintext,
  ERR_NOISE_TIMEOUT: silence,
  ERR_SECIO_TIMEOUT: silence,
  ERR_TLS_TIMEOUT: silence,
  ERR_PLAINTEXT_TIMEOUT: silence,
  ERR_NOISE_ENDED: ended,
  ERR_SECIO_ENDED: ended,
  ERR_TLS_ENDED: ended,
  ERR_PLAINTEXT_ENDED: ended,
  ERR_NOISE_UNEXPECTED: unexpected,
  ERR_SECIO_UNEXPECTED: unexpected,
  ERR_TLS_UNEXPECTED: unexpected,
  ERR_PLAINTEXT_UNEXPECTED: unexpected,
};

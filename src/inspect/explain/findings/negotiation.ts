/** What is found of failed negotiations: what was proposed, what was answered, and what would have been taken. */
import type { ErrorCode } from '../../../errors.js';
import { awaited, capital, hintOf, peerOf, raise, spokenHere, type Case, type Finder, type Finding } from '../case.js';
import type { Negotiation } from '../facts.js';
import { objectOf, textOf, textsOf } from '../reading.js';
import { byMeaning, ended, silence } from './general.js';

/** What was negotiated: a connection's security, its muxer, or the protocol of a stream. */
type Subject = 'security' | 'muxers' | 'stream';

function subjectOf({ incident, at }: Case): Subject {
  const { stream, connection, consequences } = incident;
  if (stream !== undefined) return 'stream';
  // The connection failed behind it: from where tells which of the two negotiations it was.
  const from = consequences.map((seq) => at(seq)?.data['from']).find((state) => typeof state === 'string');
  if (from === 'upgrading.negotiatingMuxer') return 'muxers';
  return from === undefined && connection?.peer !== '' && connection !== undefined ? 'muxers' : 'security';
}

const WORDS: Readonly<Record<Subject, string>> = {
  security: 'security protocol',
  muxers: 'muxer',
  stream: 'protocol',
};

function list(protocols: readonly string[]): string {
  return protocols.join(', ');
}

/** Offers of ours that were all answered `na`. */
const declined: Finder = (given) => {
  const { incident } = given;
  const { negotiation, connection, machine } = incident;
  const subject = subjectOf(given);
  const offered = negotiation?.ours ?? [];
  const peer = capital(peerOf(connection));
  if (machine === 'identifyPush') return byMeaning(given);
  const known = subject === 'stream' ? (connection?.protocols ?? []) : [];
  const each = offered.length > 1 ? `each of the ${offered.length} ${WORDS[subject]}s` : `the only ${WORDS[subject]}`;
  const cause =
    offered.length === 0
      ? `${peer} speaks no ${WORDS[subject]} that was proposed.`
      : `${peer} answered "na" to ${each} that this side proposed: ${list(offered)}.`;
  return {
    cause,
    change: adviceFor(subject, offered, known),
    offered,
    ...(known.length === 0 ? {} : { wanted: known }),
  };
};

function adviceFor(subject: Subject, offered: readonly string[], known: readonly string[]): readonly string[] {
  switch (subject) {
    case 'security':
      return [
        'Offer another security protocol: option security (--security); most of today’s peers speak noise or tls.',
        'Let the peer accept one of those that were proposed.',
      ];
    case 'muxers':
      return [
        'Offer another muxer: option muxers (--muxer); most speak yamux, and old JavaScript nodes mplex alone.',
        'Let the peer accept one of those that were proposed.',
      ];
    case 'stream':
      return [
        `Register a handler for ${list(offered)} on the peer, or update it.`,
        known.length === 0
          ? 'Ask the peer by identify what it speaks, and open one of those.'
          : 'Open one of the protocols that the peer told of by identify.',
      ];
  }
}

/** The listener's side of it: proposals of the peer that were declined before it left. */
function declinedByUs(given: Case, negotiation: Negotiation, how: string): Finding {
  const subject = subjectOf(given);
  const wanted = subject === 'stream' ? [] : spokenHere(given.header, subject);
  return {
    title: 'Nothing in common',
    cause: `${capital(peerOf(given.incident.connection))} proposed ${list(negotiation.theirs)} as ${WORDS[subject]}, was answered "na", and ${how}.`,
    change:
      subject === 'stream'
        ? [`Register a handler for ${list(negotiation.theirs)} with node.handle, or update this side.`]
        : [
            `Accept one of those: option ${subject} (${subject === 'security' ? '--security' : '--muxer'}).`,
            'Let the peer propose what is spoken here as well.',
          ],
    offered: negotiation.theirs,
    ...(wanted.length === 0 ? {} : { wanted }),
  };
}

const closed: Finder = (given) => {
  const { negotiation, machine } = given.incident;
  const isListener = machine === 'multistreamListener';
  if (isListener && negotiation !== undefined && negotiation.ourNa > 0 && negotiation.theirs.length > 0) {
    return declinedByUs(given, negotiation, 'closed');
  }
  const finding = ended(given);
  const ours = negotiation?.ours ?? [];
  if (isListener || ours.length === 0) return finding;
  return {
    ...finding,
    change: ['The peer may refuse what was proposed without saying so: propose something else.', ...finding.change],
    offered: ours,
  };
};

const tooMany: Finder = (given) => {
  const { negotiation } = given.incident;
  if (negotiation === undefined) return byMeaning(given);
  return {
    ...declinedByUs(given, negotiation, 'went on beyond the bound of proposals'),
    title: 'A limit was reached',
    change: [...declinedByUs(given, negotiation, '').change, ...raise(given.code)],
  };
};

const badHeader: Finder = (given) => {
  const { negotiation, connection } = given.incident;
  const first = negotiation?.heard[0] ?? '';
  const said = first === '' ? 'something else' : JSON.stringify(first);
  return {
    cause: `${capital(peerOf(connection))} began with ${said}, where the header "/multistream/1.0.0" is due.`,
    change: [hintOf(given.code), 'Check the port: another protocol, or another version of multistream, answers there.'],
  };
};

const badMessage: Finder = (given) => ({
  cause: `${capital(peerOf(given.incident.connection))} sent bytes that are no multistream message, while ${
    awaited(given.incident.machine, given.incident.state) ?? 'one'
  } was due.`,
  change: ['Check the port: what answers there does not speak multistream, and may be no libp2p node.'],
  ...(given.incident.negotiation === undefined || given.incident.negotiation.ours.length === 0
    ? {}
    : { offered: given.incident.negotiation.ours }),
});

const outOfOrder: Finder = (given) => {
  const { negotiation, connection, machine, state, event } = given.incident;
  const said = negotiation?.heard.at(-1) ?? '';
  const offered = negotiation?.ours ?? [];
  const due = awaited(machine, state) ?? 'another message';
  return {
    cause: `${capital(peerOf(connection))} sent ${said === '' ? event : JSON.stringify(said)} while ${due} was due.`,
    change: [hintOf(given.code)],
    ...(machine === 'multistreamListener' || offered.length === 0 ? {} : { offered }),
  };
};

const silent: Finder = (given) => {
  const offered = given.incident.negotiation?.ours ?? [];
  const finding = silence(given);
  return given.incident.machine === 'multistreamListener' || offered.length === 0 ? finding : { ...finding, offered };
};

/** Early muxers: both sides named theirs inside the handshake of noise. */
const noCommonMuxer: Finder = (given) => {
  const { incident, header } = given;
  const told = /we offer (.*), they (.*)$/.exec(incident.message);
  const split = (text: string | undefined): readonly string[] => (text ?? '').split(/,\s*/).filter((one) => one !== '');
  const offered = told === null ? spokenHere(header, 'muxers') : split(told[1]);
  const wanted = split(told?.[2]);
  const theirs = wanted.length === 0 ? 'none of these' : list(wanted);
  return {
    cause: `${capital(peerOf(incident.connection))} named ${theirs} as muxers inside the noise handshake, and this side ${list(offered)}.`,
    change: adviceFor('muxers', offered, []),
    offered,
    ...(wanted.length === 0 ? {} : { wanted }),
  };
};

/** Which of the three lists of the two Proposes has nothing in common. */
const noCommonSuite: Finder = (given) => {
  const { incident } = given;
  const ours = proposed(given, 'frame:encoded');
  const theirs = proposed(given, 'frame:decoded');
  for (const field of SUITE_FIELDS) {
    const [offered, wanted] = [textsOf(ours, field.name), textsOf(theirs, field.name)];
    if (offered.length === 0 || wanted.length === 0 || offered.some((one) => wanted.includes(one))) continue;
    return {
      cause: `No ${field.word} in common: this side offers ${list(offered)}, and ${peerOf(incident.connection)} ${list(wanted)}.`,
      change: [
        `Let the peer offer one of ${list(offered)}: most secio nodes do by default.`,
        'Agree on another security protocol: option security (--security), noise or tls.',
      ],
      offered,
      wanted,
    };
  }
  return byMeaning(given);
};

const SUITE_FIELDS = [
  { name: 'exchanges', word: 'curve' },
  { name: 'ciphers', word: 'cipher' },
  { name: 'hashes', word: 'hash' },
] as const;

/** The last Propose of one side, before the failure. */
function proposed({ incident, at }: Case, name: string): Readonly<Record<string, unknown>> {
  for (let seq = incident.seq - 1, left = 200; left > 0; seq--, left--) {
    const record = at(seq);
    if (record === undefined) break;
    const event = objectOf(record.data, 'event');
    if (record.actor !== incident.actor || record.name !== name) continue;
    if (textOf(event, 'type') === 'secio.propose') return event;
  }
  return {};
}

/** What a client offers in ALPN is not told by a trace: only what this side takes is. */
const noCommonProtocol: Finder = (given) => ({
  ...byMeaning(given),
  change: [...adviceFor('muxers', [], []), hintOf(given.code)],
  wanted: spokenHere(given.header, 'muxers'),
});

export const NEGOTIATION_FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ERR_MULTISTREAM_NO_OVERLAP: declined,
  ERR_MULTISTREAM_ENDED: closed,
  ERR_MULTISTREAM_TOO_MANY: tooMany,
  ERR_MULTISTREAM_BAD_HEADER: badHeader,
  ERR_MULTISTREAM_BAD_MESSAGE: badMessage,
  ERR_MULTISTREAM_UNEXPECTED: outOfOrder,
  ERR_MULTISTREAM_TIMEOUT: silent,
  ERR_NOISE_NO_COMMON_MUXER: noCommonMuxer,
  ERR_SECIO_NO_COMMON_SUITE: noCommonSuite,
  ERR_TLS_NO_COMMON_PROTOCOL: noCommonProtocol,
};

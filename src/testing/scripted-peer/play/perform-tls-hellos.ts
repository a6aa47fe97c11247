/** Performs the steps of TLS that agree on keys: the hellos, and the extensions behind them. */
import { joinBytes, tlsNumber, tlsVector } from '../../../wire/tls-bytes.js';
import {
  encodeTlsCodes,
  encodeTlsKeyShare,
  encodeTlsKeyShares,
  encodeTlsProtocols,
  readTlsExtensions,
} from '../../../wire/tls-extensions.js';
import { decodeTlsEncryptedExtensions, encodeTlsEncryptedExtensions } from '../../../wire/tls-handshake.js';
import {
  decodeTlsClientHello,
  decodeTlsServerHello,
  encodeTlsClientHello,
  encodeTlsServerHello,
  isTlsRetry,
  TLS_RANDOM_BYTES,
  TLS_RETRY_RANDOM,
  type TlsClientHello,
  type TlsServerHello,
} from '../../../wire/tls-hello.js';
import {
  TLS_EXTENSION,
  TLS_GROUP,
  TLS_GROUP_NAMES,
  TLS_MESSAGE,
  TLS_SCHEME_NAMES,
  TLS_SUITES,
  TLS_VERSION_13,
  tlsGroupName,
  tlsSuite,
  type TlsGroupName,
  type TlsSuite,
} from '../../../wire/tls-names.js';
import type { Match } from '../match.js';
import type { ExpectOptions } from '../script/commands.js';
import type {
  HeardClientHello,
  HeardEncryptedExtensions,
  HeardServerHello,
  SendClientHelloOptions,
  SendServerHelloOptions,
} from '../script/tls-commands.js';
import type { Performers } from './expecting.js';
import { misused, type Waiting } from './failure.js';
import { Unreadable } from './source.js';
import type { Stage } from './stage.js';
import { expectHandshake, sendMessage } from './tls-messages.js';
import { codesOf, groupWord, schemeCode, schemeWord, suiteCode, suiteWord } from './tls-words.js';

type HelloType = 'ClientHello' | 'ServerHello' | 'Retry' | 'EncryptedExtensions';
type HelloPerformers = Pick<Performers<'tls'>, `tls.${'send' | 'expect'}${HelloType}`>;

/** Of libp2p without a word about the muxer. */
const LIBP2P = 'libp2p';
const ALPN = TLS_EXTENSION.applicationLayerProtocolNegotiation;
const NONE = new Uint8Array(0);

export const performTlsHellos: HelloPerformers = {
  'tls.sendClientHello': (stage, [options]) => {
    const hello = clientHelloOf(stage, options);
    sendMessage(stage, TLS_MESSAGE.clientHello, encodeTlsClientHello(hello), options, heardClientHello(hello));
    return undefined;
  },
  'tls.expectClientHello': (stage, [match, options]) => {
    let hello: TlsClientHello | undefined;
    const decode = (body: Uint8Array): HeardClientHello => {
      hello = decodeTlsClientHello(body);
      return heardClientHello(hello);
    };
    return expectHandshake(stage, TLS_MESSAGE.clientHello, match, options, decode, () => {
      stage.tls.hello = hello;
      stage.tls.suite = TLS_SUITES.find(({ code }) => hello?.suites.includes(code)) ?? stage.tls.suite;
    });
  },
  'tls.sendServerHello': (stage, [options]) => {
    const { tls } = stage;
    const shares = readTlsExtensions(helloOf(stage).extensions).keyShares() ?? [];
    const theirs = shares.find(({ group }) => tlsGroupName(group) !== undefined);
    const group = options.group ?? (theirs && tlsGroupName(theirs.group)) ?? 'x25519';
    const share = encodeTlsKeyShare({ group: TLS_GROUP[group], key: tls.keyOf(group).publicKey });
    sendServerHello(stage, tls.draw('random', TLS_RANDOM_BYTES), share, group, options);
    // Without a key of theirs for the group nothing more can be said, but for what is in the clear.
    const key = shares.find((one) => one.group === TLS_GROUP[group])?.key;
    if (key !== undefined) tls.agree(group, key.slice());
    return undefined;
  },
  'tls.sendRetry': (stage, [options]) => {
    const { group = 'secp256r1' } = options;
    stage.tls.suite = suiteOf(stage, options);
    stage.tls.transcript.beginAgain(stage.tls.suite);
    sendServerHello(stage, TLS_RETRY_RANDOM, tlsNumber(TLS_GROUP[group], 2), group, options);
    return undefined;
  },
  'tls.expectServerHello': (stage, [match, options]) => {
    const accepted = (hello: TlsServerHello): void => {
      const share = readTlsExtensions(hello.extensions).keyShare();
      const group = share && tlsGroupName(share.group);
      if (share === undefined || group === undefined) throw misused('the ServerHello has no key that we can use');
      stage.tls.agree(group, share.key.slice());
    };
    return expectServerHello(stage, false, match, options, accepted);
  },
  'tls.expectRetry': (stage, [match, options]) => {
    const accepted = (hello: TlsServerHello): void => {
      stage.tls.cookie = readTlsExtensions(hello.extensions).cookie()?.slice();
    };
    return expectServerHello(stage, true, match, options, accepted);
  },
  'tls.sendEncryptedExtensions': (stage, [options]) => {
    const offered = readTlsExtensions(helloOf(stage).extensions).protocols() ?? [];
    const { protocol = offered.includes(LIBP2P) ? LIBP2P : 'absent' } = options;
    const answer = protocol === 'absent' ? [] : [[ALPN, encodeTlsProtocols([protocol])] as const];
    const content = encodeTlsEncryptedExtensions(new Map(answer));
    sendMessage(stage, TLS_MESSAGE.encryptedExtensions, content, options, { protocol });
    return undefined;
  },
  'tls.expectEncryptedExtensions': (stage, [match, options]) => {
    const decode = (body: Uint8Array): HeardEncryptedExtensions => {
      const [protocol = ''] = readTlsExtensions(decodeTlsEncryptedExtensions(body)).protocols() ?? [];
      return { protocol };
    };
    return expectHandshake(stage, TLS_MESSAGE.encryptedExtensions, match, options, decode);
  },
};

/** The hello that an honest client sends, but for what the options say. */
function clientHelloOf(stage: Stage, options: SendClientHelloOptions): TlsClientHello {
  const { tls } = stage;
  const { groups = TLS_GROUP_NAMES, versions = [TLS_VERSION_13], protocols = [LIBP2P], sessionId } = options;
  const { keys = groups.slice(0, 1) } = options;
  const shares = keys.map((group) => ({ group: TLS_GROUP[group], key: tls.keyOf(group).publicKey }));
  const extensions = new Map([
    [TLS_EXTENSION.supportedVersions, tlsVector(1, ...versions.map((version) => tlsNumber(version, 2)))],
    [TLS_EXTENSION.supportedGroups, encodeTlsCodes(groups.map((group) => TLS_GROUP[group]))],
    [TLS_EXTENSION.signatureAlgorithms, encodeTlsCodes(codesOf(options.schemes ?? TLS_SCHEME_NAMES, schemeCode))],
    [TLS_EXTENSION.keyShare, encodeTlsKeyShares(shares)],
    ...(protocols.length === 0 ? [] : [[ALPN, encodeTlsProtocols(protocols)] as const]),
    ...(tls.cookie === undefined ? [] : [[TLS_EXTENSION.cookie, tlsVector(2, tls.cookie)] as const]),
  ]);
  return {
    // A second hello is the first one with another key.
    random: (tls.random ??= tls.draw('random', TLS_RANDOM_BYTES)),
    sessionId: sessionId === undefined ? NONE : stage.bytesOf(sessionId),
    suites: codesOf(options.suites ?? TLS_SUITES.map(({ name }) => name), suiteCode),
    compressionMethods: Uint8Array.of(0),
    extensions,
  };
}

function heardClientHello({ sessionId, suites, extensions }: TlsClientHello): HeardClientHello {
  const read = readTlsExtensions(extensions);
  return {
    suites: suites.map(suiteWord),
    groups: (read.codes(TLS_EXTENSION.supportedGroups) ?? []).map(groupWord),
    keys: (read.keyShares() ?? []).map(({ group }) => groupWord(group)),
    schemes: (read.codes(TLS_EXTENSION.signatureAlgorithms) ?? []).map(schemeWord),
    versions: read.versions() ?? [],
    protocols: read.protocols() ?? [],
    sessionId,
  };
}

function helloOf(stage: Stage): TlsClientHello {
  const { hello } = stage.tls;
  if (hello === undefined) throw misused('a server answers: expectClientHello first');
  return hello;
}

function suiteOf(stage: Stage, { suite }: SendServerHelloOptions): TlsSuite {
  return (suite === undefined ? undefined : tlsSuite(suiteCode(suite))) ?? stage.tls.suite;
}

function sendServerHello(
  stage: Stage,
  random: Uint8Array,
  keyShare: Uint8Array,
  group: TlsGroupName,
  options: SendServerHelloOptions,
): void {
  const { sessionId, suite, version = TLS_VERSION_13 } = options;
  stage.tls.suite = suiteOf(stage, options);
  const code = suite === undefined ? stage.tls.suite.code : suiteCode(suite);
  const content = encodeTlsServerHello({
    random,
    sessionId: sessionId === undefined ? helloOf(stage).sessionId : stage.bytesOf(sessionId),
    suite: code,
    extensions: new Map([
      [TLS_EXTENSION.supportedVersions, tlsNumber(version, 2)],
      [TLS_EXTENSION.keyShare, joinBytes(keyShare)],
    ]),
  });
  sendMessage(stage, TLS_MESSAGE.serverHello, content, options, { suite: suiteWord(code), group });
}

/** A ServerHello, or the HelloRetryRequest that looks like one. */
function expectServerHello(
  stage: Stage,
  isRetry: boolean,
  match: Match<HeardServerHello>,
  options: ExpectOptions,
  accepted: (hello: TlsServerHello) => void,
): Waiting | undefined {
  const { tls } = stage;
  let hello: TlsServerHello | undefined;
  const decode = (body: Uint8Array): HeardServerHello => {
    if (isTlsRetry(body) !== isRetry) {
      throw new Unreadable(body, new Error(isRetry ? 'it is no retry' : 'it is a retry: it asks for another hello'));
    }
    hello = decodeTlsServerHello(body);
    const { suite, sessionId, extensions } = hello;
    const read = readTlsExtensions(extensions);
    const group = isRetry ? read.code(TLS_EXTENSION.keyShare) : read.keyShare()?.group;
    // What follows is hashed by the suite, and a retry makes a hash of the hello before it.
    tls.suite = tlsSuite(suite) ?? tls.suite;
    if (isRetry) tls.transcript.beginAgain(tls.suite);
    return { suite: suiteWord(suite), group: group === undefined ? '' : groupWord(group), sessionId };
  };
  const due = isRetry ? 'HelloRetryRequest' : 'ServerHello';
  const taken = (): void => {
    if (hello !== undefined) accepted(hello);
  };
  return expectHandshake(stage, TLS_MESSAGE.serverHello, match, options, decode, taken, due);
}

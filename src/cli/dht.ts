/** `swarmchart dht`: asks the DHT, and shows each query as it runs. */
import { writeFile } from 'node:fs/promises';
import { base64 } from 'multiformats/bases/base64';
import { take, type Observable } from 'rxjs';
import { peerIdToBytes, parsePeerId } from '../crypto/peer-id.js';
import { parseCid } from '../dag/cid.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { PeerAnswer, ProviderAnswer, RoutedPeer, StoreAnswer, ValueAnswer } from '../routing/router.js';
import { joinPeerAddress } from '../wire/multiaddr.js';
import type { Command, Words } from './command.js';
import { queryJson, queryLine } from './dht-lines.js';
import { REPO_OPTION, repoFolder, withNode } from './node-options.js';
import { printJson, printLine, printNote } from './output.js';
import { join, ROUTING_OPTIONS, routingNode } from './routing-options.js';

/** What an action prints: one line for people, one object for programs. */
interface Answer {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Reads the words of an action, and answers what begins it on a node that has joined. Throws `ERR_INVALID_ARGUMENT`. */
type Action = (words: Words) => (host: Host) => Observable<unknown>;

const ACTIONS: Readonly<Record<string, { readonly ask: Action; readonly answer: (answer: never) => Answer }>> = {
  'find-peer': {
    ask: (words) => {
      const peer = parsePeerId(argument(words, 'a PEER'));
      return ({ routing }) => routing.findPeer(peer);
    },
    answer: peerFound,
  },
  'find-providers': {
    ask: (words) => {
      const cid = parseCid(argument(words, 'a CID'));
      const count = words.number('count', 20, 1, 10_000);
      return ({ routing }) => routing.findProviders(cid).pipe(take(count));
    },
    answer: ({ source, provider }: ProviderAnswer) => peerAnswer(source, provider),
  },
  provide: {
    ask: (words) => {
      const cid = parseCid(argument(words, 'a CID'));
      return ({ routing }) => routing.provide(cid);
    },
    answer: storeAnswer,
  },
  closest: {
    ask: (words) => {
      const key = keyOf(argument(words, 'a KEY'));
      return ({ routing }) => routing.closestPeers(key);
    },
    answer: peerFound,
  },
  put: {
    ask: (words) => {
      const key = recordKey(argument(words, 'a KEY'));
      const value = valueOf(words);
      return ({ routing }) => routing.putValue(key, value);
    },
    answer: storeAnswer,
  },
  get: {
    ask: (words) => {
      const key = recordKey(argument(words, 'a KEY'));
      return ({ routing }) => routing.getValue(key);
    },
    answer: ({ source, value, from }: ValueAnswer) => {
      const valueBase64 = base64.baseEncode(value);
      return {
        text: `${value.length} bytes${from === undefined ? '' : ` from ${from}`}: ${valueBase64}`,
        json: { type: 'value', source, from, valueBase64 },
      };
    },
  },
};

export const dhtCommand: Command = {
  name: 'dht',
  usage: `${Object.keys(ACTIONS).join('|')} PEER|CID|KEY [VALUE]`,
  positionals: [1, 3],
  options: {
    count: { type: 'string', value: 'N', help: 'find-providers: as many, and no more (default: 20)' },
    output: { type: 'string', short: 'o', value: 'FILE', help: 'get: where the best value goes' },
    quiet: { type: 'boolean', short: 'q', help: 'only the answers, not the queries' },
    ...ROUTING_OPTIONS,
    ...REPO_OPTION,
  },
  examples: [
    'swarmchart dht find-providers CID',
    'swarmchart dht find-peer 12D3Koo... --bootstrap MA --json',
    'swarmchart dht provide CID        (for as long as the records live: only this once)',
    'swarmchart dht closest CID',
    'swarmchart dht get /ipns/k51... -o record',
    'swarmchart dht put /pk/Qm... VALUE_IN_BASE64',
  ],
  async run(words) {
    const [action = ''] = words.positionals;
    const chosen = ACTIONS[action];
    if (chosen === undefined) throw wrong(`there is no "dht ${action}": ${Object.keys(ACTIONS).join(', ')}`);
    // Wrong words are told before anything is dialed.
    const ask = chosen.ask(words);
    if (words.text('output') !== undefined && action !== 'get') throw wrong('--output is for dht get');
    const repo = words.text('repo') === undefined ? {} : { repo: repoFolder(words) };
    return withNode({ ...repo, listen: [], ...routingNode(words) }, async (host) => {
      const startMs = performance.now();
      const show = showQueries(host, words, startMs);
      await join(host, words);
      let answers = 0;
      let last: unknown;
      try {
        await ask(host).forEach((answer) => {
          answers++;
          last = answer;
          const { text, json } = chosen.answer(answer as never);
          if (words.flag('json')) printJson(json);
          else printLine(text);
        });
      } finally {
        show();
      }
      await writeValue(words, last);
      if (answers === 0) printNote('no answer');
      return answers === 0 ? 1 : 0;
    });
  },
};

/** Prints queries until the answer is called. */
function showQueries({ dhts }: Host, words: Words, startMs: number): () => void {
  const json = words.flag('json');
  if (words.flag('quiet')) return () => undefined;
  const shown = dhts.map((dht) =>
    dht.queries$.subscribe((event) => {
      const atMs = performance.now() - startMs;
      if (json) printJson(queryJson(event, Math.round(atMs)));
      else {
        const line = queryLine(event, atMs);
        if (line !== undefined) printNote(line);
      }
    }),
  );
  return () => {
    for (const one of shown) one.unsubscribe();
  };
}

function peerFound({ source, peer }: PeerAnswer): Answer {
  return peerAnswer(source, peer);
}

function peerAnswer(source: string, { id, addresses }: RoutedPeer): Answer {
  const places = addresses.map((address) => joinPeerAddress(address, id));
  return { text: places.length === 0 ? id : places.join('\n'), json: { type: 'peer', source, id, addresses } };
}

function storeAnswer({ source, at }: StoreAnswer): Answer {
  return { text: `stored at ${at}`, json: { type: 'stored', source, at } };
}

function argument(words: Words, what: string): string {
  const [action = '', text] = words.positionals;
  if (text === undefined) throw wrong(`dht ${action} takes ${what}`);
  return text;
}

/** A peer id, a CID, or any text: what it is the hash of. */
function keyOf(text: string): Uint8Array {
  for (const read of [() => peerIdToBytes(parsePeerId(text)), () => parseCid(text).multihash.bytes]) {
    try {
      return read();
    } catch {
      // The next reading.
    }
  }
  return new TextEncoder().encode(text);
}

/** `/NAMESPACE/PEER` with the peer's multihash in place of its text; anything else as it stands. */
function recordKey(text: string): Uint8Array {
  const match = /^(\/(?:ipns|pk)\/)(.+)$/.exec(text);
  const encoder = new TextEncoder();
  if (match === null) return encoder.encode(text);
  const [, prefix = '', peer = ''] = match;
  return Uint8Array.from([...encoder.encode(prefix), ...peerIdToBytes(parsePeerId(peer))]);
}

function valueOf(words: Words): Uint8Array {
  const text = words.positionals[2];
  if (text === undefined) throw wrong('dht put takes a KEY and a VALUE in base64');
  try {
    return base64.baseDecode(text.replace(/=+$/, ''));
  } catch (cause) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `the value is not base64: ${text.slice(0, 32)}`, { cause });
  }
}

async function writeValue(words: Words, last: unknown): Promise<void> {
  const output = words.text('output');
  if (output === undefined || last === undefined) return;
  await writeFile(output, (last as { readonly value: Uint8Array }).value);
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart dht --help)`);
}

/** What is found of protocols on streams, of bitswap, the DHT, names and stores. */
import type { ErrorCode } from '../../../errors.js';
import { capital, clause, detailOf, hintOf, peerOf, raise, spoken, withDetail, type Finder } from '../case.js';
import { byMeaning, ended, silence, unexpected } from './general.js';

/** Why a block did not come: who was there, who was asked, who answered (the question of ipfs/boxo#209). */
const block: Finder = ({ incident, code }) => {
  const { wants } = incident;
  if (wants === undefined) {
    return {
      ...(incident.message.includes('no peer') ? { title: 'No peer to ask' } : {}),
      cause: incident.message === '' ? hintOf(code) : `${capital(clause(detailOf(incident)))}.`,
      change: [
        incident.message.includes('no peer') ? CONNECT : hintOf(code),
        'Turn on a router that finds providers: option routing (dht, delegated).',
      ],
    };
  }
  const lasted = spoken(wants.lastedMs);
  const still =
    wants.how === 'open' ? 'so far' : wants.how === 'cancelled' ? 'until the caller gave up' : 'until it was given up';
  const span = `for ${lasted}, ${still}`;
  if (wants.peers === 0) {
    return wants.strangers === 0
      ? {
          title: 'No peer to ask',
          cause: `Blocks were wanted ${span}, and no peer was connected that could be asked.`,
          change: [CONNECT, 'Turn on a router that finds providers: option routing (dht, delegated).'],
        }
      : {
          title: 'No peer to ask',
          cause: `Blocks were wanted ${span}, and ${wants.strangers === 1 ? 'the one peer' : `none of the ${wants.strangers} peers`} that was connected ${wants.strangers === 1 ? 'does not speak' : 'speaks'} bitswap.`,
          change: [CONNECT],
        };
  }
  const peers = wants.peers === 1 ? 'one peer' : `${wants.peers} peers`;
  if (wants.wantsOut === 0) {
    return {
      title: 'No connection to ask on',
      cause: `Blocks were wanted ${span}, and no want reached any of ${peers}: no bitswap stream came about.`,
      change: ['Look at the failures of the streams and connections before this one.', ...raise(code)],
    };
  }
  if (wants.isFetching) {
    return {
      title: 'Promised and not delivered',
      cause: `A peer said that it has the block, was asked for it, and sent none ${span}.`,
      change: ['Connect to another provider: the one that has it does not deliver.', ...raise(code)],
    };
  }
  if (wants.presencesIn > 0) {
    return {
      title: 'Nobody has the block',
      cause: `${capital(peers)} ${wants.peers === 1 ? 'was' : 'were'} asked ${span}, and every answer was dont-have.`,
      change: [
        'Connect to a peer that has the content, or turn on a router that finds one: option routing.',
        ...raise(code),
      ],
    };
  }
  return {
    title: 'No answer',
    cause: `${capital(peers)} ${wants.peers === 1 ? 'was' : 'were'} asked ${span}, and none answered: no have, no dont-have, no block.`,
    change: [
      'Look whether the peer is alive and reads: bitswap before 1.2.0 does not say dont-have.',
      'Connect to a peer that has the content.',
      ...raise(code),
    ],
  };
};

const CONNECT = 'Connect to a peer that has the content: node.dial, or --peer.';

const stalledReader: Finder = (given) => {
  if (given.incident.machine === 'bitswapSession') return block(given);
  if (given.incident.machine !== 'bitswapOutbound') return block(given);
  return {
    title: 'The peer does not read',
    cause: 'The peer’s window was used up, and it read nothing for as long as bitswap waits: the stream was reset.',
    change: ['Look whether the peer is overloaded.', 'Raise limits.bitswapSendTimeoutMs for peers that are this slow.'],
  };
};

/** How the requests of a query went. */
const query: Finder = ({ incident, code }) => {
  const { tally } = incident;
  if (tally === undefined) return { cause: withDetail(hintOf(code), incident), change: [hintOf(code), ...raise(code)] };
  const each = [
    [tally.answered, 'answered'],
    [tally.timedOut, 'went silent'],
    [tally.notReached, 'were not reached'],
    [tally.failed, 'failed'],
    [tally.asked - tally.answered - tally.timedOut - tally.notReached - tally.failed, 'were still asked'],
  ].flatMap(([count, what]) => (Number(count) > 0 ? [`${count} ${what}`] : []));
  return {
    cause:
      tally.asked === 0
        ? 'The query ended before any peer was asked.'
        : tally.asked === 1
          ? `The one peer that the query asked ${each.join('').replace(/^1 /, '').replace(/^were/, 'was')}.`
          : `Of ${tally.asked} peers that the query asked, ${each.join(', ')}.`,
    change: [
      ...(tally.answered === 0 ? ['Check that this node reaches the network: dial one of those peers by hand.'] : []),
      hintOf(code),
      ...raise(code),
    ],
  };
};

const noPeers: Finder = ({ incident, code }) => ({
  cause: withDetail('The routing table of the DHT is empty: there was nobody to ask.', incident),
  change: ['Give bootstrap peers: option bootstrap (--bootstrap), or dial one that serves the DHT.', hintOf(code)],
});

const routing: Finder = (given) => {
  const finding = byMeaning(given);
  return {
    ...finding,
    change: [hintOf(given.code), 'Look at the failures of the routers before this one.', ...raise(given.code)],
  };
};

const store: Finder = ({ incident, code }) => ({
  cause: `The store ${storeOf(incident.actor)}failed${incident.message === '' ? '' : `: ${clause(incident.message)}`}.`,
  change: ['Check the disk of the repo: is it full, or read-only?', hintOf(code)],
});

function storeOf(actor: string): string {
  const name = /\/store\/([a-z]+)/.exec(actor)?.[1];
  return name === undefined ? '' : `of ${name} `;
}

const identifyEnded: Finder = (given) => ({
  ...ended(given),
  cause: withDetail(
    `${capital(peerOf(given.incident.connection))} closed stream ${given.incident.stream ?? ''} before its identify message was whole.`,
    given.incident,
  ),
});

export const CONTENT_FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ERR_BLOCK_NOT_FOUND: block,
  ERR_BITSWAP_TIMEOUT: stalledReader,
  ERR_DHT_NO_ANSWER: query,
  ERR_DHT_QUERY_TIMEOUT: query,
  ERR_DHT_NO_PEERS: noPeers,
  ERR_ROUTING_FAILED: routing,
  ERR_ROUTING_TIMEOUT: routing,
  ERR_STORE_FAILED: store,
  ERR_IDENTIFY_TIMEOUT: silence,
  ERR_IDENTIFY_ENDED: identifyEnded,
  ERR_IDENTIFY_PUSH_TIMEOUT: silence,
  ERR_PING_TIMEOUT: silence,
  ERR_PING_ENDED: ended,
  ERR_PING_UNEXPECTED: unexpected,
  ERR_KAD_TIMEOUT: silence,
  ERR_KAD_ENDED: ended,
  ERR_KAD_UNEXPECTED: unexpected,
  ERR_RENDEZVOUS_TIMEOUT: silence,
  ERR_RENDEZVOUS_ENDED: ended,
  ERR_RELAY_V1_TIMEOUT: silence,
  ERR_RELAY_V1_ENDED: ended,
  ERR_HTTP_ROUTING_TIMEOUT: silence,
  ERR_TRACKER_TIMEOUT: silence,
};

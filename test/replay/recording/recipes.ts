/** Every fixture there is. */
import { MPLEX_FAILURES } from './failures-mplex.js';
import { NO_MUXER } from './no-muxer.js';
import { SESSION_FAILURES } from './failures-session.js';
import { TLS_FAILURES } from './failures-tls.js';
import { TLS_PROOFS } from './failures-tls-proofs.js';
import { UPGRADE_FAILURES } from './failures-upgrade.js';
import { LIVE_CONTENT } from './live-content.js';
import { LIVE_DHT } from './live-dht.js';
import { LIVE_HANDSHAKES } from './live-handshakes.js';
import { LIVE_NETWORK } from './live-network.js';
import { LIVE_PEERS } from './live-peers.js';
import { OWN_NODES } from './own-nodes.js';
import type { Recipe } from './recipe.js';
import { RELAY_V1 } from './relay-v1.js';
import { SPDY } from './spdy.js';
import { SWARM_JOIN } from './swarm-join.js';

export const RECIPES: readonly Recipe[] = [
  ...LIVE_HANDSHAKES,
  ...LIVE_CONTENT,
  ...LIVE_DHT,
  ...LIVE_NETWORK,
  ...LIVE_PEERS,
  ...OWN_NODES,
  ...UPGRADE_FAILURES,
  ...TLS_FAILURES,
  ...TLS_PROOFS,
  ...SESSION_FAILURES,
  ...MPLEX_FAILURES,
  ...NO_MUXER,
  ...SPDY,
  SWARM_JOIN,
  RELAY_V1,
];

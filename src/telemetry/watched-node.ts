/** What telemetry sees of a node: what any embedder sees. */
import type { Host } from '../host/host.js';

/** A node, seen from outside. A {@link Host} is one. */
export type WatchedNode = Pick<
  Host,
  | 'events$'
  | 'transitions$'
  | 'broken$'
  | 'connections'
  | 'streams'
  | 'resources'
  | 'liveActors'
  | 'peerId'
  | 'handledProtocols'
>;

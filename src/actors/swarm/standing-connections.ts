/** The connections and streams of a swarm for who observes the node. */
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { ConnectionObservation, TellObservation } from '../observations.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** A connection as it is now. */
export function observedConnection(connection: ConnectionActor): ConnectionObservation {
  const { address, secured, remoteAddress, direction, security, muxerProtocol, muxer } = connection;
  return {
    connection: address,
    peer: secured === undefined || secured.remotePeer === '' ? undefined : secured.remotePeer,
    remote: remoteAddress,
    direction,
    security,
    muxer: muxerProtocol,
    streams: muxer?.streams.size ?? 0,
  };
}

/** Tells of every connection and each of its streams; `agreed`: those streams whose protocol is agreed. */
export function tellConnections(
  connections: readonly ConnectionActor[],
  agreed: readonly ProtocolStream[],
  tell: TellObservation,
): void {
  const protocols = new Map(agreed.map((stream) => [stream.address, stream.protocol]));
  for (const connection of connections) {
    tell('seen:connection', connection.address, observedConnection(connection));
    for (const stream of connection.muxer?.streams.values() ?? []) {
      const { id, direction, credit, address } = stream;
      tell('seen:stream', address, {
        connection: connection.address,
        stream: id,
        direction,
        protocol: protocols.get(address),
        send_credit: credit?.send,
        receive_credit: credit?.receive,
      });
    }
  }
}

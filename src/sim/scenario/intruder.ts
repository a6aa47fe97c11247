/** Somebody who connects and does not speak as a peer does. The node has to get rid of them by itself. */
import type { TransportConnection } from '../../ports.js';
import { MULTISTREAM_ID, encodeMultistreamMessage } from '../../wire/multistream.js';
import type { World } from '../world/world.js';
import { patternBytes } from './choices.js';
import { nodeName, type Fault } from './scenario.js';

type Intruder = Fault & { readonly kind: 'intruder' };

const GARBAGE_BYTES = 4_096;
/** More than a listener answers. */
const PROPOSALS = 2_000;

/** Connects from the machine of one node to another one and misbehaves; whatever comes of it is the other one's matter. */
export function intrude(world: World, fault: Intruder): void {
  const transport = world.network.transportOf(nodeName(fault.from));
  transport.dial(
    `/memory/${nodeName(fault.to)}`,
    (connection) => {
      listen(connection);
      const bytes = linesOf(world, fault);
      if (bytes.length > 0) connection.write(bytes);
    },
    () => undefined,
  );
}

function linesOf(world: World, { how, from, atMs }: Intruder): Uint8Array[] {
  const garbage = (): Uint8Array => patternBytes(world.seed, `intruder/${from}/${atMs}`, GARBAGE_BYTES);
  switch (how) {
    case 'nothing':
      return [];
    case 'garbage':
      return [garbage()];
    case 'garbageAfterGreeting':
      return [encodeMultistreamMessage(MULTISTREAM_ID), garbage()];
    case 'proposals':
      return [
        encodeMultistreamMessage(MULTISTREAM_ID),
        ...Array.from({ length: PROPOSALS }, (_, index) => encodeMultistreamMessage(`/no-such-protocol/${index}`)),
      ];
    default:
      return how satisfies never;
  }
}

/** Takes what comes and answers nothing; leaves when the other one does. */
function listen(connection: TransportConnection): void {
  connection.open({
    onChunk: () => undefined,
    onChunks: () => undefined,
    onDrained: () => undefined,
    onEnded: () => connection.destroy(),
    onClosed: () => undefined,
  });
}

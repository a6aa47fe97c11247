/** A live peer that ends with the recording. */
import { startPeer, type Peer, type PeerName } from '../../peers/peers.js';
import type { Recording } from './recipe.js';

/** Starts it with these flags. */
export async function startedPeer(recording: Recording, name: PeerName, flags: readonly string[] = []): Promise<Peer> {
  const peer = await startPeer(name, flags);
  recording.onEnd(() => peer.stop());
  return peer;
}

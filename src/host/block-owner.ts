/** Who has a block: found by a bitswap session of its own. */
import { filter, firstValueFrom } from 'rxjs';
import type { BitswapActor } from '../actors/bitswap/bitswap-actor.js';
import type { CallOptions } from '../actors/swarm/swarm-options.js';
import { parseCid } from '../dag/cid.js';
import type { BlockTarget } from './call-options.js';

/** The id of a connected peer that has the block, connected with by the session where routers find it. Rejects with the want's failure. */
export async function ownerOfBlock(bitswap: BitswapActor, target: BlockTarget, options: CallOptions): Promise<string> {
  const cid = parseCid(String(target.blockId));
  const session = bitswap.createSession();
  const answered = firstValueFrom(
    session.events$.pipe(filter(({ type }) => type === 'have.received' || type === 'block.received')),
  );
  // Whichever comes first: a peer that has it, or the reason why none has.
  const wanted = session.want(cid, options).then(() => answered);
  try {
    return (await Promise.race([answered, wanted])).peer;
  } finally {
    session.close();
    answered.catch(() => undefined);
    wanted.catch(() => undefined);
  }
}

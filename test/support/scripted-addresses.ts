/** A transport whose addresses each do what a table says, in virtual time: connect to a node, refuse, or stay silent. */
import { EngineError } from '../../src/errors.js';
import type { Transport } from '../../src/ports.js';
import { addressFacts } from '../../src/wire/address-class.js';
import type { World } from './sim-nodes.js';

/** What becomes of a dial. */
export interface AddressScript {
  /** `/memory/...` of the node that answers; absent: the dial is refused, or never answered. */
  readonly to?: string;
  readonly afterMs?: number;
  readonly silent?: boolean;
}

/** What was dialed and given up, with the time. */
export class ScriptedAddresses {
  readonly dialed: [address: string, atMs: number][] = [];
  readonly cancelled: [address: string, atMs: number][] = [];
  readonly transport: Transport;

  constructor(world: World, scripts: Readonly<Record<string, AddressScript>>) {
    const { clock, network } = world;
    this.transport = {
      name: 'scripted',
      handles: (address) => addressFacts(address)?.layer === 'tcp',
      listen: () => undefined,
      dial: (address, onConnected, onFailed) => {
        this.dialed.push([address, clock.now()]);
        const { to, afterMs = 0, silent = false } = scripts[address] ?? {};
        let cancel: () => void = () => undefined;
        const timer = silent
          ? undefined
          : clock.setTimeout(() => {
              if (to !== undefined) cancel = network.transport.dial(to, onConnected, onFailed);
              else
                onFailed(new EngineError('ERR_TRANSPORT_REFUSED', 'remote', `scripted: nothing listens on ${address}`));
            }, afterMs);
        return () => {
          this.cancelled.push([address, clock.now()]);
          if (timer !== undefined) clock.clearTimeout(timer);
          cancel();
        };
      },
    };
  }
}

/**
 * The simulated twins of the ports (virtual time, seeded randomness, an in-memory network, stores in memory), and worlds
 * of whole nodes on top of them.
 */
export { MemoryLan, type LanDatagram, type MemoryLanOptions } from './memory-lan.js';
export { MemoryNetwork, type MemoryNetworkOptions } from './memory-transport.js';
export { MemoryBlockStore, MemoryDataStore } from './memory-store.js';
export { SimulatedHttp, type SimulatedHttpOptions } from './simulated-http.js';
export { SeededRandom } from './seeded-random.js';
export { TableResolver, type NameTable, type NameTables, type TableResolverOptions } from './table-resolver.js';
export { VirtualClock } from './virtual-clock.js';
export type { CancelWork } from './world/agenda.js';
export type { Connection as SimConnection } from './world/connection.js';
export { withSharedResults } from './world/shared-results.js';
export { Dice } from './world/dice.js';
export type { Chunking, LinkOptions } from './world/link-options.js';
export { SimNetwork, type Cut, type CutDirection, type NetworkEvent } from './world/network.js';
export { NodeClock, WORLD_EPOCH_MS, type ClockConditions } from './world/node-clock.js';
export { SimNode, type CrashOptions, type RestartOptions, type SimNodeOptions } from './world/sim-node.js';
export { StoreConditions } from './world/sim-stores.js';
export { insecureToyCiphers } from './world/toy-ciphers.js';
export { worldTraceHeader, type WorldTraceFacts } from './world/world-trace.js';
export {
  World,
  type Leak,
  type WorldCiphers,
  type WorldGate,
  type WorldOptions,
  type WorldPorts,
} from './world/world.js';

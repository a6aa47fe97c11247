/** The simulated twins of the ports: virtual time, seeded randomness, an in-memory network, stores in memory. */
export { MemoryNetwork, type MemoryNetworkOptions } from './memory-transport.js';
export { MemoryBlockStore, MemoryDataStore } from './memory-store.js';
export { SeededRandom } from './seeded-random.js';
export { VirtualClock } from './virtual-clock.js';

/**
 * Parts for js-libp2p 3: our TCP, noise, secio, plaintext and yamux in a stock node, and a chart on which their actors can
 * be seen. Needs `@libp2p/interface`, `@libp2p/utils`, `@libp2p/crypto`, `@libp2p/peer-id` and `uint8arraylist`, which
 * come with `libp2p`.
 */
export { createChart, type Chart, type ChartOptions, type PartOptions } from './chart.js';
export { connectionEncrypter, noise, plaintext, secio } from './encrypter.js';
export type { EncrypterComponents, EncrypterFactory } from './encrypter.js';
export { streamMuxer, yamux, type ChartedMuxer, type MuxerFactory, type MuxerPartOptions } from './muxer.js';
export { tcp, type TcpComponents } from './tcp.js';
export type { TransitionNotice } from '../actors/environment.js';
export type { ConnectionMessage } from '../messages.js';
export type { EngineError } from '../errors.js';

/** The scripted peer: plays the other side of a connection frame by frame. */
export { scriptedPeer, ScriptedPeer, type ScriptedPeerOptions } from './scripted-peer.js';
export { dial, listen, tcp, tcpListener, type Over } from './over.js';
export { ScriptFailure } from './play/failure.js';
export type { Outcome, Running } from './play/running.js';
export type { Exchanged } from './play/transcript.js';
export { where, type Match, type Predicate } from './match.js';
export type { DecodedFields, Fields, FieldValue } from './protobuf-fields.js';
export { printCommand, printScript } from './script/print.js';
export { saved } from './script/saved.js';
export type * from './script/commands.js';
export type { Steps } from './script/steps.js';
export type { MultistreamSteps } from './script/multistream-steps.js';
export type { NoiseSteps } from './script/noise-steps.js';
export type { PlaintextSteps } from './script/plaintext-steps.js';
export type { SecioSteps } from './script/secio-steps.js';
export type { StreamSteps } from './script/stream-steps.js';
export type { YamuxSteps } from './script/yamux-steps.js';

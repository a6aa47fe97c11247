/** Every check under the name of its matcher. */
import { checkRejectWith } from './rejection.js';
import { checkEnterState, checkReachState, checkTakePath } from './states.js';
import { checkCoverMachine, checkDeterministic, checkMatchTrace } from './whole.js';
import { checkNegotiate, checkSendBytes, checkSendFrames } from './wire.js';

export const CHECKS = {
  toReachState: checkReachState,
  toEnterState: checkEnterState,
  toTakePath: checkTakePath,
  toMatchTrace: checkMatchTrace,
  toSendBytes: checkSendBytes,
  toSendFrames: checkSendFrames,
  toNegotiate: checkNegotiate,
  toRejectWith: checkRejectWith,
  toBeDeterministic: checkDeterministic,
  toCoverMachine: checkCoverMachine,
} as const;

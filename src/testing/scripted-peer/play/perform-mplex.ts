/** Performs the steps of an mplex session. */
import type { Performers } from './expecting.js';
import { expectFrame, expectOpen, expectOpenFor } from './perform-session.js';

export const performMplex: Performers<'mplex'> = {
  'mplex.open': (stage, [name, { id, label }]) => {
    stage.mplex.add(name, stage.mplex.open(id, label));
    return undefined;
  },
  'mplex.expectOpen': (stage, [name, match, options]) => expectOpen(stage, stage.mplex, name, match, options),
  'mplex.expectOpenFor': (stage, [name, protocol, options]) =>
    expectOpenFor(stage, stage.mplex, name, protocol, options),
  'mplex.sendFrame': (stage, [frame]) => {
    stage.mplex.sendFrame(frame);
    return undefined;
  },
  'mplex.expectFrame': (stage, [match, options]) =>
    expectFrame(stage, stage.mplex, 'message', match, options, () => true),
};

/** Where a step acts: on a stream, or on the connection as far as it is built. */
import type { Cut } from '../script/commands.js';
import type { Outgoing } from './cutting.js';
import type { Source } from './source.js';
import type { Stage } from './stage.js';

/** Both directions of a place. */
export interface Place {
  readonly source: Source;
  /** The stream's name, for the transcript. */
  readonly about: { readonly stream?: string };
  /** `flags` are those of the data frame, where the place is a stream. */
  readonly send: (outgoing: Outgoing, cut?: Cut, flags?: number) => void;
}

/** The place of a stream, or of the connection. */
export function place(stage: Stage, stream: string | undefined): Place {
  if (stream === undefined)
    return { source: stage.source, about: {}, send: (outgoing, cut) => stage.send(outgoing, cut) };
  return {
    source: stage.sourceOf(stream),
    about: { stream },
    send: (outgoing, cut, flags = 0) => stage.muxer.sendData(stream, outgoing, flags, cut),
  };
}

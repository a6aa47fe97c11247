/**
 * A bug, to be planted: when a stream of a yamux session ends in a reset, the session loses every later window update of
 * the streams beside it. Their writers go on until the window is spent, and then stand still for good.
 */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken out to be put back, and called with their own `this` */
import { YamuxStreamTable } from '../../../src/actors/connection/yamux/stream-table.js';
import { YamuxStream } from '../../../src/actors/stream/yamux/stream.js';

/** Plants it in this process; answers how to take it out again. */
export function plantLostWindowUpdate(): () => void {
  const { ended } = YamuxStreamTable.prototype;
  const { grant } = YamuxStream.prototype;
  const deaf = new WeakSet<YamuxStream>();
  YamuxStreamTable.prototype.ended = function (this: YamuxStreamTable, stream) {
    if (stream.error !== undefined) for (const other of this.streams.values()) deaf.add(other);
    ended.call(this, stream);
  };
  YamuxStream.prototype.grant = function (this: YamuxStream, delta) {
    if (!deaf.has(this)) grant.call(this, delta);
  };
  return () => {
    YamuxStreamTable.prototype.ended = ended;
    YamuxStream.prototype.grant = grant;
  };
}

// For the generated test, which runs in a process of its own.
if (process.env['PLANT_LOST_WINDOW_UPDATE'] === '1') plantLostWindowUpdate();

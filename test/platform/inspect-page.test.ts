/** One page's WebSocket in time that the test turns: who answers pings stays, who does not is gone. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import { LIMITS } from '../../src/limits.js';
import { InspectPage } from '../../src/platform/inspect-page.js';

/** A socket that writes down what is asked of it. */
class NotedSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly bufferedAmount = 0;
  pings = 0;
  isTerminated = false;

  ping(): void {
    this.pings++;
  }

  close(): void {
    this.readyState = 2;
  }

  terminate(): void {
    this.isTerminated = true;
    this.emit('close', 1006);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function opened(): { readonly socket: NotedSocket; readonly page: InspectPage; readonly closed: () => boolean } {
  const socket = new NotedSocket();
  let isClosed = false;
  const page = new InspectPage(socket as unknown as WebSocket, LIMITS, () => (isClosed = true));
  return { socket, page, closed: () => isClosed };
}

test('a page that answers no ping is gone at the first ping after inspectIdleMs, and not before', () => {
  const { inspectIdleMs, inspectPingMs } = LIMITS;
  const { socket, closed } = opened();
  jest.advanceTimersByTime(inspectIdleMs);
  expect({ pings: socket.pings, gone: socket.isTerminated }).toEqual({
    pings: inspectIdleMs / inspectPingMs,
    gone: false,
  });
  jest.advanceTimersByTime(inspectPingMs - 1);
  expect(socket.isTerminated).toBe(false);
  jest.advanceTimersByTime(1);
  expect({ gone: socket.isTerminated, told: closed(), timers: jest.getTimerCount() }).toEqual({
    gone: true,
    told: true,
    timers: 0,
  });
});

test('one answer is good for another inspectIdleMs', () => {
  const { inspectIdleMs, inspectPingMs } = LIMITS;
  const { socket } = opened();
  for (let answers = 0; answers < 3; answers++) {
    jest.advanceTimersByTime(inspectIdleMs);
    socket.emit('pong');
  }
  jest.advanceTimersByTime(inspectIdleMs);
  expect(socket.isTerminated).toBe(false);
  jest.advanceTimersByTime(inspectPingMs);
  expect(socket.isTerminated).toBe(true);
});

test('a page that does not take a farewell is cut off after inspectFarewellMs', () => {
  const { socket, page } = opened();
  const ended = page.end();
  jest.advanceTimersByTime(LIMITS.inspectFarewellMs - 1);
  expect(socket.isTerminated).toBe(false);
  jest.advanceTimersByTime(1);
  expect({ gone: socket.isTerminated, timers: jest.getTimerCount() }).toEqual({ gone: true, timers: 0 });
  return ended;
});

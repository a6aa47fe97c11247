/** Whether multicast on loopback works here: containers and firewalls may say no. */
import { createSocket, type Socket } from 'node:dgram';

const GROUP = '224.0.0.251';
const INTERFACE = '127.0.0.1';
const WAIT_MS = 3_000;

export type MulticastReadiness = { readonly works: true } | { readonly works: false; readonly reason: string };

/** Joins the group of mDNS on loopback, says a word and listens for it. */
export async function multicastHere(): Promise<MulticastReadiness> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    const port = await boundPort(socket);
    socket.addMembership(GROUP, INTERFACE);
    socket.setMulticastInterface(INTERFACE);
    socket.setMulticastLoopback(true);
    const heard = new Promise<MulticastReadiness>((resolve) => {
      socket.once('message', () => resolve({ works: true }));
      socket.once('error', ({ message }) => resolve({ works: false, reason: message }));
      const reason = `what is sent to ${GROUP} on ${INTERFACE} does not come back`;
      setTimeout(() => resolve({ works: false, reason }), WAIT_MS).unref();
    });
    socket.send('hello', port, GROUP, (error) => {
      if (error !== null) socket.emit('error', error);
    });
    return await heard;
  } catch (thrown) {
    return { works: false, reason: `joining ${GROUP} on ${INTERFACE}: ${(thrown as Error).message}` };
  } finally {
    socket.close();
  }
}

/** A port for a group that nobody on this machine uses. */
export async function freeMulticastPort(): Promise<number> {
  const socket = createSocket('udp4');
  const port = await boundPort(socket);
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

function boundPort(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, () => resolve(socket.address().port));
  });
}

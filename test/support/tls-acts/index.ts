/** Every act of a hostile peer in TLS: one table for the handler and for live nodes. */
import { MESSAGE_LIMIT_BYTES, type TlsAct } from './act.js';
import { CLIENT_HELLOS, SERVER_HELLOS } from './hellos.js';
import { MESSAGES } from './messages.js';
import { RECORDS } from './records.js';

export { MESSAGE_LIMIT_BYTES, type TlsAct } from './act.js';
export { TLS_CHANNEL_ACTS } from './channel.js';

/** Every act up to a channel. */
export const TLS_ACTS: readonly TlsAct[] = [...RECORDS, ...MESSAGES, ...CLIENT_HELLOS, ...SERVER_HELLOS].map((act) => ({
  ...act,
  limits: { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES, ...act.limits },
}));

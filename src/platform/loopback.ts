/** Whether the host of a URL is this machine. */

/** Of the host names that a URL can have, those that never lead anywhere else. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** A signed peer record as @libp2p/peer-record 9 seals it: an Ed25519 key of 32 bytes 0x07, and a number beyond 2^53. */
export const JS_ENVELOPE =
  '0a2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c' +
  '12020301' +
  '1a560a26002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c' +
  '10f2dfea97ffa7f6e9181a0a0a0804c0000201060fa11a160a142920010db8000000000000000000000001060fa1' +
  '2a4001e9568c8f62f170bcfcc730f7140eea71ca377033f4cee82e8bbc62b78ed54a' +
  'fcfe4d93a68061f9c0b8ad349b7ec18df2c3da14acedb6801fccd85fb78cb20b';

/** Whose it is. */
export const JS_PEER = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7';

// A part that no suite may pass.
import suite from '@libp2p/interface-compliance-tests/connection-encryption';

describe('an encrypter without a name', () => {
  const refuse = async () => {
    throw new Error('it secures nothing');
  };
  suite({ setup: async () => ({ secureOutbound: refuse, secureInbound: refuse }), teardown: async () => {} });
});

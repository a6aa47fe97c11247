// What the bench needs of this folder's packages: only from here do their names lead to these pins.
export { unixfs } from '@helia/unixfs';
export { multiaddr } from '@multiformats/multiaddr';
export { fixedSize } from 'ipfs-unixfs-importer/chunker';
export { CID } from 'multiformats/cid';
export { sha256 } from 'multiformats/hashes/sha2';

// A live peer for the tests: go-libp2p of May 2020 with secio and yamux, bitswap and UnixFS.
// Flags and control protocol: ../README.md.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p-core/crypto"
	"github.com/libp2p/go-libp2p-core/peer"
	secio "github.com/libp2p/go-libp2p-secio"
)

func main() {
	var listens addresses
	flag.Var(&listens, "listen", "multiaddr to listen on; may be given more than once")
	key := flag.String("key", "rsa", "identity: rsa, ed25519, secp256k1 or ecdsa")
	raw := flag.Bool("raw-secio", false, "TCP, multistream, secio and an echo of bytes; no muxer")
	flag.StringVar(&secio.SupportedExchanges, "exchanges", secio.SupportedExchanges, "curves secio offers, best first")
	flag.StringVar(&secio.SupportedCiphers, "ciphers", secio.SupportedCiphers, "ciphers secio offers, best first")
	flag.StringVar(&secio.SupportedHashes, "hashes", secio.SupportedHashes, "hashes secio offers, best first")
	muxers := flag.String("muxer", "yamux", "stream muxers to offer, best first: yamux, mplex")
	bitswaps := flag.String("bitswap", "1.2.0,1.1.0,1.0.0", "bitswap versions to speak")
	lifetime := flag.Int("lifetime-seconds", 900, "the program ends by itself after this time")
	flag.Parse()
	if len(listens) == 0 {
		listens = addresses{"/ip4/127.0.0.1/tcp/0"}
	}

	time.AfterFunc(time.Duration(*lifetime)*time.Second, func() {
		say(map[string]any{"event": "closing", "reason": "lifetime"})
		os.Exit(0)
	})
	ctx, cancel := context.WithCancel(context.Background())
	identity := must(newKey(*key))
	var commands map[string]command
	if *raw {
		commands = must(startRaw(ctx, identity, *key, listens))
	} else {
		commands = must(startNode(ctx, identity, *key, strings.Split(*muxers, ","), listens, strings.Split(*bitswaps, ",")))
	}
	serveControl(ctx, commands)
	cancel()
}

func newKey(kind string) (crypto.PrivKey, error) {
	types := map[string]int{"rsa": crypto.RSA, "ed25519": crypto.Ed25519, "secp256k1": crypto.Secp256k1, "ecdsa": crypto.ECDSA}
	number, known := types[kind]
	if !known {
		return nil, errors.New("unknown key type " + kind)
	}
	private, _, err := crypto.GenerateKeyPairWithReader(number, 2048, rand.Reader)
	return private, err
}

// announce prints the line the test suite waits for.
func announce(id peer.ID, listening []string) {
	for i, address := range listening {
		listening[i] = address + "/p2p/" + id.Pretty()
	}
	say(map[string]any{"event": "listening", "peerId": id.Pretty(), "addresses": listening})
}

type addresses []string

func (a *addresses) String() string { return strings.Join(*a, ",") }

func (a *addresses) Set(value string) error {
	*a = append(*a, value)
	return nil
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-secio:", err)
		os.Exit(1)
	}
	return value
}

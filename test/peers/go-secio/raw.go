package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/libp2p/go-libp2p-core/crypto"
	"github.com/libp2p/go-libp2p-core/peer"
	"github.com/libp2p/go-libp2p-core/sec"
	secio "github.com/libp2p/go-libp2p-secio"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr-net"
	"github.com/multiformats/go-multistream"
)

// rawPeer speaks TCP, multistream and secio only; inside the channel the listener echoes bytes.
type rawPeer struct {
	secio *secio.Transport
}

func startRaw(ctx context.Context, identity crypto.PrivKey, keyKind string, listens []string) (map[string]command, error) {
	transport, err := secio.New(identity)
	if err != nil {
		return nil, err
	}
	r := &rawPeer{secio: transport}
	announced := []string{}
	for _, listen := range listens {
		address, err := multiaddr.NewMultiaddr(listen)
		if err != nil {
			return nil, err
		}
		listener, err := manet.Listen(address)
		if err != nil {
			return nil, err
		}
		go r.accept(ctx, listener)
		announced = append(announced, listener.Multiaddr().String())
	}
	id, err := peer.IDFromPrivateKey(identity)
	if err != nil {
		return nil, err
	}
	announce(id, announced)
	return map[string]command{
		"dial":     typed(r.dial),
		"echo":     typed(r.echo),
		"dialMany": typed(r.dialMany),
	}, nil
}

func (r *rawPeer) accept(ctx context.Context, listener manet.Listener) {
	for {
		socket, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer socket.Close()
			if err := r.serve(ctx, socket); err != nil {
				say(map[string]any{"event": "inboundFailed", "error": err.Error()})
			}
		}()
	}
}

func (r *rawPeer) serve(ctx context.Context, socket net.Conn) error {
	negotiator := multistream.NewMultistreamMuxer()
	negotiator.AddHandler(secio.ID, nil)
	if _, _, err := negotiator.Negotiate(socket); err != nil {
		return err
	}
	channel, err := r.secio.SecureInbound(ctx, socket)
	if err != nil {
		return err
	}
	say(map[string]any{"event": "inboundSecured", "peerId": channel.RemotePeer().Pretty()})
	_, err = io.Copy(channel, channel)
	_ = channel.Close()
	return err
}

// connect dials and secures; an address without /p2p/ leaves the peer id unchecked.
func (r *rawPeer) connect(ctx context.Context, address string) (sec.SecureConn, error) {
	parsed, err := multiaddr.NewMultiaddr(address)
	if err != nil {
		return nil, err
	}
	transport, expected := peer.SplitAddr(parsed)
	socket, err := manet.Dial(transport)
	if err != nil {
		return nil, err
	}
	if err := multistream.SelectProtoOrFail(secio.ID, socket); err != nil {
		socket.Close()
		return nil, err
	}
	if expected == "" {
		return nil, fmt.Errorf("go-libp2p-secio needs the peer id it dials in %s", address)
	}
	channel, err := r.secio.SecureOutbound(ctx, socket, expected)
	if err != nil {
		socket.Close()
		return nil, err
	}
	return channel, nil
}

func (r *rawPeer) dial(ctx context.Context, p target) (map[string]any, error) {
	started := time.Now()
	channel, err := r.connect(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	defer channel.Close()
	return map[string]any{"peerId": channel.RemotePeer().Pretty(), "millis": millisSince(started)}, nil
}

func (r *rawPeer) echo(ctx context.Context, p echoParams) (map[string]any, error) {
	started := time.Now()
	channel, err := r.connect(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	defer channel.Close()
	result, err := exchangeBytes(channel, p.Size, p.Seed, p.Chunk, func() error { return nil })
	if err != nil {
		return nil, err
	}
	result["peerId"] = channel.RemotePeer().Pretty()
	result["millis"] = millisSince(started)
	return result, nil
}

func (r *rawPeer) dialMany(ctx context.Context, p echoParams) (map[string]any, error) {
	p.Size = max(p.Size, 1)
	return many(p.Count, p.Concurrency, func(int) (func() error, error) {
		return func() error { _, err := r.echo(ctx, p); return err }, nil
	})
}

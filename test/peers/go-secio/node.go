package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p-core/crypto"
	"github.com/libp2p/go-libp2p-core/helpers"
	"github.com/libp2p/go-libp2p-core/host"
	"github.com/libp2p/go-libp2p-core/network"
	"github.com/libp2p/go-libp2p-core/peer"
	"github.com/libp2p/go-libp2p-core/protocol"
	mplex "github.com/libp2p/go-libp2p-mplex"
	secio "github.com/libp2p/go-libp2p-secio"
	yamux "github.com/libp2p/go-libp2p-yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	tcp "github.com/libp2p/go-tcp-transport"
	ws "github.com/libp2p/go-ws-transport"
	"github.com/multiformats/go-multiaddr"
)

const (
	echoID  = protocol.ID("/echo/1.0.0")
	perfID  = protocol.ID("/perf/1.0.0")
	stallID = protocol.ID("/stall/1.0.0")
)

// node is a full libp2p host and what the control protocol asks of it.
type node struct {
	host    host.Host
	keyKind string
	muxers  []string
}

var muxerKinds = map[string]libp2p.Option{
	"yamux": libp2p.Muxer("/yamux/1.0.0", yamux.DefaultTransport),
	"mplex": libp2p.Muxer("/mplex/6.7.0", mplex.DefaultTransport),
}

func newHost(ctx context.Context, identity crypto.PrivKey, muxers []string, listens ...string) (host.Host, error) {
	options := []libp2p.Option{
		libp2p.Identity(identity),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(ws.New),
		libp2p.Security(secio.ID, secio.New),
		libp2p.DisableRelay(),
		libp2p.UserAgent("peer-go-secio/0.9.6"),
		libp2p.NoListenAddrs,
	}
	if len(listens) > 0 {
		options = append(options, libp2p.ListenAddrStrings(listens...))
	}
	for _, name := range muxers {
		option, known := muxerKinds[name]
		if !known {
			return nil, errors.New("unknown muxer " + name)
		}
		options = append(options, option)
	}
	return libp2p.New(ctx, options...)
}

func startNode(ctx context.Context, identity crypto.PrivKey, keyKind string, muxers, listens, bitswaps []string) (map[string]command, error) {
	h, err := newHost(ctx, identity, muxers, listens...)
	if err != nil {
		return nil, err
	}
	n := &node{host: h, keyKind: keyKind, muxers: muxers}
	serveStream(h, echoID, func(s network.Stream) error { _, err := io.Copy(s, s); return err })
	serveStream(h, perfID, func(s network.Stream) error { return servePerf(s) })
	h.SetStreamHandler(stallID, func(network.Stream) {}) // accepted, never read
	commands := map[string]command{
		"dial":        typed(n.dial),
		"dialMany":    typed(n.dialMany),
		"hangUp":      typed(n.hangUp),
		"echo":        typed(n.echo),
		"echoMany":    typed(n.echoMany),
		"perf":        typed(n.perf),
		"ping":        typed(n.ping),
		"identify":    typed(n.identify),
		"connections": typed(n.connections),
		"streams":     typed(n.streams),
	}
	addContentCommands(ctx, n, bitswaps, commands)
	announced := []string{}
	for _, address := range h.Network().ListenAddresses() {
		announced = append(announced, address.String())
	}
	announce(h.ID(), announced)
	return commands, nil
}

// serveStream runs one handler per stream and ends the stream as the handler ended.
func serveStream(h host.Host, id protocol.ID, handle func(network.Stream) error) {
	h.SetStreamHandler(id, func(s network.Stream) {
		if err := handle(s); err != nil {
			_ = s.Reset()
			return
		}
		_ = helpers.FullClose(s)
	})
}

type target struct {
	Address string `json:"address"`
}

func (n *node) connect(ctx context.Context, address string) (peer.ID, error) {
	return connectHost(ctx, n.host, address)
}

func connectHost(ctx context.Context, h host.Host, address string) (peer.ID, error) {
	parsed, err := multiaddr.NewMultiaddr(address)
	if err != nil {
		return "", err
	}
	info, err := peer.AddrInfoFromP2pAddr(parsed)
	if err != nil {
		return "", err
	}
	if h.Network().Connectedness(info.ID) != network.Connected {
		h.Peerstore().ClearAddrs(info.ID) // only the given address may be dialed
	}
	return info.ID, h.Connect(ctx, *info)
}

func (n *node) open(ctx context.Context, address string, id protocol.ID) (network.Stream, error) {
	remote, err := n.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return n.host.NewStream(ctx, remote, id)
}

func (n *node) dial(ctx context.Context, p target) (map[string]any, error) {
	started := time.Now()
	remote, err := n.connect(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	return map[string]any{"peerId": remote.Pretty(), "security": secio.ID, "millis": millisSince(started)}, nil
}

func (n *node) hangUp(_ context.Context, p struct {
	PeerID string `json:"peerId"`
}) (map[string]any, error) {
	id, err := peer.Decode(p.PeerID)
	if err != nil {
		return nil, err
	}
	return nil, n.host.Network().ClosePeer(id)
}

type echoParams struct {
	Address     string `json:"address"`
	Size        int64  `json:"size"`
	Seed        int64  `json:"seed"`
	Chunk       int64  `json:"chunk"`
	Count       int    `json:"count"`
	Concurrency int    `json:"concurrency"`
}

func (n *node) echo(ctx context.Context, p echoParams) (map[string]any, error) {
	started := time.Now()
	s, err := n.open(ctx, p.Address, echoID)
	if err != nil {
		return nil, err
	}
	_, err = s.Write(nil) // the proposal rides with the first write; with nothing to send it must go out all the same
	if err != nil {
		return nil, err
	}
	result, err := exchangeBytes(s, p.Size, p.Seed, p.Chunk, s.Close)
	if err == nil {
		err = helpers.AwaitEOF(s)
	}
	if err != nil {
		_ = s.Reset()
		return nil, err
	}
	result["millis"] = millisSince(started)
	return result, nil
}

func (n *node) echoMany(ctx context.Context, p echoParams) (map[string]any, error) {
	if _, err := n.connect(ctx, p.Address); err != nil {
		return nil, err
	}
	return many(p.Count, p.Concurrency, func(int) (func() error, error) {
		return func() error { _, err := n.echo(ctx, p); return err }, nil
	})
}

func (n *node) dialMany(ctx context.Context, p echoParams) (map[string]any, error) {
	return many(p.Count, p.Concurrency, func(int) (func() error, error) {
		identity, err := newKey(n.keyKind)
		if err != nil {
			return nil, err
		}
		h, err := newHost(ctx, identity, n.muxers)
		if err != nil {
			return nil, err
		}
		return func() error {
			remote, err := connectHost(ctx, h, p.Address)
			if err != nil {
				return err
			}
			return h.Network().ClosePeer(remote)
		}, nil
	})
}

func (n *node) perf(ctx context.Context, p struct {
	Address string `json:"address"`
	Send    int64  `json:"send"`
	Receive int64  `json:"receive"`
}) (map[string]any, error) {
	started := time.Now()
	s, err := n.open(ctx, p.Address, perfID)
	if err != nil {
		return nil, err
	}
	received, err := perfOver(s, p.Send, p.Receive)
	if err != nil {
		_ = s.Reset()
		return nil, err
	}
	return map[string]any{"sent": p.Send, "received": received, "millis": millisSince(started)}, nil
}

func perfOver(s network.Stream, send, receive int64) (int64, error) {
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], uint64(receive))
	if _, err := s.Write(head[:]); err != nil {
		return 0, err
	}
	if err := sendZeros(s, send); err != nil {
		return 0, err
	}
	if err := s.Close(); err != nil {
		return 0, err
	}
	received, err := io.Copy(io.Discard, s)
	if err == nil && received != receive {
		err = fmt.Errorf("asked for %d bytes, got %d", receive, received)
	}
	return received, err
}

func (n *node) ping(ctx context.Context, p struct {
	Address string `json:"address"`
	Count   int    `json:"count"`
}) (map[string]any, error) {
	remote, err := n.connect(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := ping.Ping(ctx, n.host, remote)
	times := []float64{}
	for range max(1, p.Count) {
		result, open := <-results
		if !open {
			return nil, errors.New("the ping stream ended")
		}
		if result.Error != nil {
			return nil, result.Error
		}
		times = append(times, float64(result.RTT.Microseconds())/1000)
	}
	return map[string]any{"peerId": remote.Pretty(), "rttMillis": times}, nil
}

// identify relies on the host, which ends Connect only when identify is through.
func (n *node) identify(ctx context.Context, p target) (map[string]any, error) {
	remote, err := n.connect(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	store := n.host.Peerstore()
	agent, err := store.Get(remote, "AgentVersion")
	if err != nil {
		return nil, fmt.Errorf("identify told nothing: %w", err)
	}
	version, _ := store.Get(remote, "ProtocolVersion")
	protocols, err := store.GetProtocols(remote)
	if err != nil {
		return nil, err
	}
	listening := []string{}
	for _, address := range store.Addrs(remote) {
		listening = append(listening, address.String())
	}
	return map[string]any{
		"peerId": remote.Pretty(), "agentVersion": agent, "protocolVersion": version,
		"protocols": protocols, "listenAddresses": listening,
	}, nil
}

func (n *node) connections(context.Context, struct{}) (map[string]any, error) {
	list := []map[string]any{}
	for _, c := range n.host.Network().Conns() {
		list = append(list, map[string]any{
			"peerId": c.RemotePeer().Pretty(), "address": c.RemoteMultiaddr().String(), "direction": direction(c.Stat()),
			"security": secio.ID, "streams": len(c.GetStreams()),
		})
	}
	return map[string]any{"count": len(list), "list": list}, nil
}

func (n *node) streams(context.Context, struct{}) (map[string]any, error) {
	list := []map[string]any{}
	for _, c := range n.host.Network().Conns() {
		for _, s := range c.GetStreams() {
			list = append(list, map[string]any{
				"peerId": c.RemotePeer().Pretty(), "protocol": s.Protocol(), "direction": direction(s.Stat()),
			})
		}
	}
	return map[string]any{"count": len(list), "list": list}, nil
}

func direction(stat network.Stat) string {
	if stat.Direction == network.DirInbound {
		return "inbound"
	}
	return "outbound"
}

func millisSince(started time.Time) float64 {
	return float64(time.Since(started).Microseconds()) / 1000
}

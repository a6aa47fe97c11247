package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ipfs/go-bitswap"
	bsnet "github.com/ipfs/go-bitswap/network"
	"github.com/ipfs/go-blockservice"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	blockstore "github.com/ipfs/go-ipfs-blockstore"
	chunk "github.com/ipfs/go-ipfs-chunker"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/ipfs/go-merkledag"
	"github.com/ipfs/go-unixfs"
	"github.com/ipfs/go-unixfs/importer/balanced"
	"github.com/ipfs/go-unixfs/importer/helpers"
	uio "github.com/ipfs/go-unixfs/io"
	"github.com/libp2p/go-libp2p-core/peer"
	"github.com/libp2p/go-libp2p-core/protocol"
)

const kuboChunkSize = 256 << 10

// content holds UnixFS files in memory and trades their blocks over bitswap with connected peers.
type content struct {
	node *node
	dag  ipld.DAGService
}

func addContentCommands(ctx context.Context, n *node, versions []string, commands map[string]command) {
	protocols := []protocol.ID{}
	for _, version := range versions {
		protocols = append(protocols, protocol.ID("/ipfs/bitswap/"+version))
	}
	store := blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))
	wire := bsnet.NewFromIpfsHost(n.host, noRouting{}, bsnet.SupportedProtocols(protocols))
	exchange := bitswap.New(ctx, wire, store, bitswap.ProvideEnabled(false))
	c := &content{node: n, dag: merkledag.NewDAGService(blockservice.New(store, exchange))}
	commands["addFile"] = typed(c.addFile)
	commands["get"] = typed(c.get)
}

type addParams struct {
	Path    string `json:"path"`
	Options struct {
		CidVersion int   `json:"cidVersion"`
		RawLeaves  bool  `json:"rawLeaves"`
		ChunkSize  int64 `json:"chunkSize"`
		MaxLinks   int   `json:"maxLinks"`
	} `json:"options"`
}

func (c *content) addFile(ctx context.Context, p addParams) (map[string]any, error) {
	builder, err := merkledag.PrefixForCidVersion(p.Options.CidVersion)
	if err != nil {
		return nil, err
	}
	root, err := c.add(ctx, p, p.Path, builder)
	if err != nil {
		return nil, err
	}
	return map[string]any{"cid": root.Cid().String()}, nil
}

func (c *content) add(ctx context.Context, p addParams, path string, builder cid.Builder) (ipld.Node, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.IsDir() {
		return c.addBytes(ctx, p, path, builder)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	directory := uio.NewDirectory(c.dag)
	directory.SetCidBuilder(builder)
	for _, entry := range entries {
		child, err := c.add(ctx, p, filepath.Join(path, entry.Name()), builder)
		if err != nil {
			return nil, err
		}
		if err := directory.AddChild(ctx, entry.Name(), child); err != nil {
			return nil, err
		}
	}
	root, err := directory.GetNode()
	if err != nil {
		return nil, err
	}
	return root, c.dag.Add(ctx, root)
}

func (c *content) addBytes(ctx context.Context, p addParams, path string, builder cid.Builder) (ipld.Node, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size := p.Options.ChunkSize
	if size <= 0 {
		size = kuboChunkSize
	}
	links := p.Options.MaxLinks
	if links <= 0 {
		links = helpers.DefaultLinksPerBlock
	}
	batch := ipld.NewBufferedDAG(ctx, c.dag)
	layout := helpers.DagBuilderParams{
		Dagserv: batch, Maxlinks: links, RawLeaves: p.Options.RawLeaves, CidBuilder: builder,
	}
	work, err := layout.New(chunk.NewSizeSplitter(file, size))
	if err != nil {
		return nil, err
	}
	root, err := balanced.Layout(work)
	if err != nil {
		return nil, err
	}
	return root, batch.Commit()
}

type getParams struct {
	Cid     string `json:"cid"`
	Address string `json:"address"`
	Out     string `json:"out"`
}

type gotFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Sha256 string `json:"sha256"`
}

func (c *content) get(ctx context.Context, p getParams) (map[string]any, error) {
	started := time.Now()
	root, err := cid.Decode(p.Cid)
	if err != nil {
		return nil, err
	}
	if p.Address != "" {
		if _, err := c.node.connect(ctx, p.Address); err != nil {
			return nil, err
		}
	}
	session := merkledag.NewSession(ctx, c.dag)
	top, err := session.Get(ctx, root)
	if err != nil {
		return nil, err
	}
	files := []gotFile{}
	if err := c.export(ctx, session, top, "", p.Out, &files); err != nil {
		return nil, err
	}
	result := map[string]any{"millis": millisSince(started)}
	if len(files) == 1 && files[0].Path == "" {
		result["bytes"], result["sha256"] = files[0].Bytes, files[0].Sha256
		return result, nil
	}
	total := int64(0)
	for _, file := range files {
		total += file.Bytes
	}
	result["bytes"], result["files"] = total, files
	return result, nil
}

// export walks the tree under `top`, in the order of its links, and writes to `out` unless that is empty.
func (c *content) export(ctx context.Context, session ipld.NodeGetter, top ipld.Node, path, out string, files *[]gotFile) error {
	readOnly := merkledag.NewReadOnlyDagService(session)
	directory, err := uio.NewDirectoryFromNode(readOnly, top)
	if err == nil {
		if out != "" {
			if err := os.MkdirAll(out, 0o755); err != nil {
				return err
			}
		}
		links, err := directory.Links(ctx)
		if err != nil {
			return err
		}
		for _, link := range links {
			child, err := session.Get(ctx, link.Cid)
			if err != nil {
				return err
			}
			below := ""
			if out != "" {
				below = filepath.Join(out, link.Name)
			}
			if err := c.export(ctx, session, child, join(path, link.Name), below, files); err != nil {
				return err
			}
		}
		return nil
	}
	if !errors.Is(err, uio.ErrNotADir) && !errors.Is(err, unixfs.ErrUnrecognizedType) {
		if _, leaf := top.(*merkledag.RawNode); !leaf {
			return err
		}
	}
	reader, err := uio.NewDagReader(ctx, top, readOnly)
	if err != nil {
		return err
	}
	sum := sha256.New()
	to := io.Writer(sum)
	if out != "" {
		file, err := os.Create(out)
		if err != nil {
			return err
		}
		defer file.Close()
		to = io.MultiWriter(sum, file)
	}
	count, err := reader.WriteTo(to)
	if err != nil {
		return err
	}
	*files = append(*files, gotFile{Path: path, Bytes: count, Sha256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

// noRouting finds nobody: blocks come from peers that are connected already.
type noRouting struct{}

func (noRouting) Provide(context.Context, cid.Cid, bool) error { return nil }

func (noRouting) FindProvidersAsync(context.Context, cid.Cid, int) <-chan peer.AddrInfo {
	none := make(chan peer.AddrInfo)
	close(none)
	return none
}

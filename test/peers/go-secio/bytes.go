package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

const (
	defaultChunk = 64 << 10
	zeros        = 64 << 10
)

// seededReader yields the AES-256-CTR keystream under SHA-256(decimal seed) and a zero counter block: the same
// bytes in every peer.
func seededReader(seed int64) io.Reader {
	key := sha256.Sum256([]byte(strconv.FormatInt(seed, 10)))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	return &cipher.StreamReader{S: cipher.NewCTR(block, make([]byte, aes.BlockSize)), R: zeroReader{}}
}

type zeroReader struct{}

func (zeroReader) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

// exchangeBytes writes `size` seeded bytes in pieces of `chunk`, calls finish, and reads as many back.
func exchangeBytes(channel io.ReadWriter, size, seed, chunk int64, finish func() error) (map[string]any, error) {
	if chunk <= 0 {
		chunk = defaultChunk
	}
	sent := sha256.New()
	failed := make(chan error, 1)
	go func() {
		piece := make([]byte, chunk)
		source := seededReader(seed)
		for left := size; left > 0; left -= chunk {
			piece := piece[:min(chunk, left)]
			_, _ = io.ReadFull(source, piece)
			sent.Write(piece)
			if _, err := channel.Write(piece); err != nil {
				failed <- fmt.Errorf("writing: %w", err)
				return
			}
		}
		failed <- finish()
	}()
	got := sha256.New()
	count, readErr := io.Copy(got, io.LimitReader(channel, size))
	if readErr != nil {
		return nil, fmt.Errorf("reading after %d of %d bytes: %w", count, size, readErr)
	}
	if count != size {
		return nil, fmt.Errorf("the echo ended after %d of %d bytes", count, size)
	}
	if err := <-failed; err != nil {
		return nil, err
	}
	sum := hex.EncodeToString(got.Sum(nil))
	if want := hex.EncodeToString(sent.Sum(nil)); sum != want {
		return nil, fmt.Errorf("the echo differs: sent %s, got %s", want, sum)
	}
	return map[string]any{"bytes": count, "sha256": sum}, nil
}

// servePerf is the listener's half of /perf/1.0.0: a big-endian count, the upload until it ends, the download.
func servePerf(channel io.ReadWriter) error {
	var head [8]byte
	if _, err := io.ReadFull(channel, head[:]); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, channel); err != nil {
		return err
	}
	size := binary.BigEndian.Uint64(head[:])
	return sendZeros(channel, int64(min(size, math.MaxInt64)))
}

func sendZeros(to io.Writer, size int64) error {
	piece := make([]byte, zeros)
	for left := size; left > 0; left -= zeros {
		if _, err := to.Write(piece[:min(zeros, left)]); err != nil {
			return err
		}
	}
	return nil
}

// percentile sorts its values.
func percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(len(values)-1, int(share*float64(len(values))))]
}

//go:build tools

// Package tools pins the version of Kubo this folder builds; see go.mod.
package tools

import _ "github.com/ipfs/kubo/cmd/ipfs"

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
)

// command answers one request of the control protocol (see ../README.md). Requests run side by side.
type command func(ctx context.Context, params json.RawMessage) (map[string]any, error)

var stdout = struct {
	sync.Mutex
	*json.Encoder
}{Encoder: json.NewEncoder(os.Stdout)}

// say prints one JSON object as a line.
func say(message map[string]any) {
	stdout.Lock()
	defer stdout.Unlock()
	_ = stdout.Encode(message)
}

// serveControl answers the commands that come in on stdin until it ends or `close` is asked for.
func serveControl(ctx context.Context, commands map[string]command) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for lines.Scan() {
		line := append([]byte(nil), lines.Bytes()...)
		if len(line) == 0 {
			continue
		}
		var head struct {
			ID  any    `json:"id"`
			Cmd string `json:"cmd"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			say(map[string]any{"id": nil, "ok": false, "error": "not JSON: " + err.Error()})
			continue
		}
		if head.Cmd == "close" {
			say(map[string]any{"id": head.ID, "ok": true})
			return
		}
		run, known := commands[head.Cmd]
		if !known {
			run = func(context.Context, json.RawMessage) (map[string]any, error) {
				return nil, errors.New("unknown command " + head.Cmd)
			}
		}
		go func() {
			result, err := run(ctx, line)
			if err != nil {
				say(map[string]any{"id": head.ID, "ok": false, "error": err.Error()})
				return
			}
			if result == nil {
				result = map[string]any{}
			}
			result["id"] = head.ID
			result["ok"] = true
			say(result)
		}()
	}
}

// typed turns a function of a parameter struct into a command.
func typed[P any](run func(context.Context, P) (map[string]any, error)) command {
	return func(ctx context.Context, raw json.RawMessage) (map[string]any, error) {
		var params P
		if err := json.Unmarshal(raw, &params); err != nil {
			return nil, err
		}
		return run(ctx, params)
	}
}

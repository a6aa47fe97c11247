package main

import (
	"fmt"
	"sync"
	"time"
)

// many does one thing `count` times from `concurrency` workers, each readied by `prepare` before the clock starts.
func many(count, concurrency int, prepare func(worker int) (func() error, error)) (map[string]any, error) {
	count, concurrency = max(1, count), max(1, concurrency)
	workers := []func() error{}
	for i := range concurrency {
		work, err := prepare(i)
		if err != nil {
			return nil, err
		}
		workers = append(workers, work)
	}
	jobs := make(chan int, count)
	for i := range count {
		jobs <- i
	}
	close(jobs)
	var (
		mutex    sync.Mutex
		firstErr error
		times    []float64
		group    sync.WaitGroup
	)
	started := time.Now()
	for _, work := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range jobs {
				begun := time.Now()
				err := work()
				mutex.Lock()
				if err != nil && firstErr == nil {
					firstErr = fmt.Errorf("number %d of %d: %w", i+1, count, err)
				}
				stop := firstErr != nil
				times = append(times, millisSince(begun))
				mutex.Unlock()
				if stop {
					return
				}
			}
		}()
	}
	group.Wait()
	if firstErr != nil {
		return nil, firstErr
	}
	elapsed := millisSince(started)
	return map[string]any{
		"count": count, "millis": elapsed, "perSecond": float64(count) / elapsed * 1000,
		"p50Millis": percentile(times, 0.5), "p99Millis": percentile(times, 0.99),
	}, nil
}

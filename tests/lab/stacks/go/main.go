// SPDX-License-Identifier: Apache-2.0

// The streams that Go programs start with. Nothing here is mended.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

func period() time.Duration {
	ms, err := strconv.Atoi(os.Getenv("PERIOD_MS"))
	if err != nil {
		ms = 1000
	}
	return time.Duration(ms) * time.Millisecond
}

func begin(w http.ResponseWriter) http.Flusher {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "streaming is not supported", http.StatusInternalServerError)
		return nil
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Connection", "keep-alive")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return flusher
}

// A ticker without an end.
func stream(w http.ResponseWriter, r *http.Request) {
	flusher := begin(w)
	if flusher == nil {
		return
	}
	ticker := time.NewTicker(period())
	defer ticker.Stop()
	for count := 1; ; count++ {
		select {
		case <-r.Context().Done():
			return
		case now := <-ticker.C:
			fmt.Fprintf(w, "data: {\"count\":%d,\"time\":%q}\n\n", count,
				now.Format(time.RFC3339Nano))
			flusher.Flush()
		}
	}
}

// The progress of a job: it ends after two seconds.
func job(w http.ResponseWriter, r *http.Request) {
	flusher := begin(w)
	if flusher == nil {
		return
	}
	for percent := 0; percent <= 100; percent += 10 {
		fmt.Fprintf(w, "event: progress\ndata: {\"percent\":%d}\n\n", percent)
		flusher.Flush()
		time.Sleep(200 * time.Millisecond)
	}
}

func main() {
	http.HandleFunc("/stream", stream)
	http.HandleFunc("/job", job)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

// A function in Go, with nothing but its standard library: a client of the Runtime API, as a `provided` bootstrap is.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Event is what the tests send.
type Event struct {
	Fail   bool `json:"fail"`
	Stream int  `json:"stream"`
}

func main() {
	// A request for the next call waits as long as it takes.
	client := &http.Client{}
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		if err := serve(client, api); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func serve(client *http.Client, api string) error {
	next, err := client.Get(api + "next")
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(next.Body)
	next.Body.Close()
	if err != nil {
		return err
	}
	id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
	fmt.Println("called as", next.Header.Get("Lambda-Runtime-Invoked-Function-Arn"))
	var event Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return err
	}
	switch {
	case event.Fail:
		return post(client, api+id+"/error", []byte(`{"errorType":"Own","errorMessage":"boom"}`), "Lambda-Runtime-Function-Error-Type", "Own")
	case event.Stream > 0:
		return stream(client, api+id+"/response", event.Stream)
	default:
		answer, err := json.Marshal(map[string]any{"event": json.RawMessage(payload), "name": os.Getenv("AWS_LAMBDA_FUNCTION_NAME")})
		if err != nil {
			return err
		}
		return post(client, api+id+"/response", answer, "Content-Type", "application/json")
	}
}

func post(client *http.Client, url string, body []byte, header, value string) error {
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set(header, value)
	return send(client, request)
}

// stream answers in pieces, and breaks off after an odd number of them.
func stream(client *http.Client, url string, pieces int) error {
	reader, writer := io.Pipe()
	request, err := http.NewRequest("POST", url, reader)
	if err != nil {
		return err
	}
	request.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
	request.Trailer = http.Header{"Lambda-Runtime-Function-Error-Type": nil}
	go func() {
		for piece := 0; piece < pieces; piece++ {
			fmt.Fprintf(writer, "piece %d\n", piece)
		}
		if pieces%2 == 1 {
			request.Trailer.Set("Lambda-Runtime-Function-Error-Type", "Odd")
		}
		writer.Close()
	}()
	return send(client, request)
}

func send(client *http.Client, request *http.Request) error {
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the Runtime API answered %s", answer.Status)
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0
// app is the one program of the image that the node of the tests has: its containers, and the process
// that holds a pod's namespaces. Without arguments it waits to be told to end.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	deadline       = 5 * time.Second
	lookUpDeadline = 500 * time.Millisecond // what is sent before there is a server is lost
)

var errUsage = errors.New("usage: app [write FILE TEXT | read FILE | print NAME... | serve ADDRESS TEXT | " +
	"serve-environment ADDRESS NAME... | get URL | ask URL FILE | look-up SERVER NAME | fail FILE TEXT]")

// write FILE TEXT: as an init container leaves something for the next one.
func write(args []string) error {
	return os.WriteFile(args[0], []byte(args[1]), 0o644)
}

func read(args []string) error {
	content, err := os.ReadFile(args[0])
	fmt.Print(string(content))
	return err
}

// print NAME...: variables of the environment, a line each; fails for one that is not set.
func print(args []string) error {
	for _, name := range args {
		value, isSet := os.LookupEnv(name)
		if !isSet {
			return fmt.Errorf("'%s' is not set", name)
		}
		fmt.Printf("%s=%s\n", name, value)
	}
	return nil
}

// serve ADDRESS TEXT: answers every request with TEXT.
func serve(args []string) error {
	answer := func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, args[1]) }
	go func() { check(http.ListenAndServe(args[0], http.HandlerFunc(answer))) }()
	return wait()
}

// serve-environment ADDRESS NAME...: answers every request with these variables, in one line, as they were when it
// began; one that is not set is NAME alone. Told to end, it takes no more connections and answers what it has: that
// none is sent to it any more is what its pod has to wait for before (preStop).
func serveEnvironment(args []string) error {
	var parts []string
	for _, name := range args[1:] {
		if value, isSet := os.LookupEnv(name); isSet {
			name += "=" + value
		}
		parts = append(parts, name)
	}
	line := strings.Join(parts, " ")
	server := http.Server{Addr: args[0], Handler: http.HandlerFunc(
		func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, line) })}
	ended := make(chan error)
	go func() {
		if err := wait(); err != nil {
			ended <- err
			return
		}
		within, end := context.WithTimeout(context.Background(), deadline)
		defer end()
		ended <- server.Shutdown(within)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// ask URL FILE: asks all the time, by several at once and by a connection for each request, until it is told to end.
// FILE gets a line for each: when it began and ended (seconds), then "= " and the answer, or "! " and what went wrong.
func ask(args []string) error {
	const askers, pause = 4, 5 * time.Millisecond
	file, err := os.Create(args[1])
	if err != nil {
		return err
	}
	var lock sync.Mutex
	var all sync.WaitGroup
	end := make(chan struct{})
	client := http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true}}
	for range askers {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				began := time.Now()
				said := askOnce(&client, args[0])
				lock.Lock()
				fmt.Fprintf(file, "%.6f %.6f %s\n", seconds(began), seconds(time.Now()), said)
				lock.Unlock()
				select {
				case <-end:
					return
				case <-time.After(pause):
				}
			}
		}()
	}
	err = wait()
	close(end)
	all.Wait()
	return errors.Join(err, file.Close())
}

func seconds(when time.Time) float64 {
	return float64(when.UnixMicro()) / 1e6
}

func askOnce(client *http.Client, url string) string {
	answer, err := client.Get(url)
	if err != nil {
		return "! " + err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "! " + err.Error()
	}
	if answer.StatusCode != http.StatusOK {
		return "! " + answer.Status
	}
	return "= " + strings.TrimSpace(string(body))
}

func get(args []string) error {
	client := http.Client{Timeout: deadline}
	answer, err := client.Get(args[0])
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

// look-up SERVER NAME: the addresses that this DNS server has for a name, a line each.
func lookUp(args []string) error {
	within, end := context.WithTimeout(context.Background(), lookUpDeadline)
	defer end()
	ask := func(within context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(within, network, args[0])
	}
	resolver := net.Resolver{PreferGo: true, Dial: ask}
	addresses, err := resolver.LookupHost(within, args[1])
	for _, address := range addresses {
		fmt.Println(address)
	}
	return err
}

// fail FILE TEXT: leaves TEXT in FILE, the termination log, and ends as a program that failed.
func fail(args []string) error {
	check(write(args))
	os.Exit(3)
	return nil
}

// A process with the number 1 ends at a signal only if it asks for it.
func wait() error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

var programs = map[string]struct {
	run       func(args []string) error
	arguments int // at least
}{
	"write":             {write, 2},
	"read":              {read, 1},
	"print":             {print, 1},
	"serve":             {serve, 2},
	"serve-environment": {serveEnvironment, 2},
	"get":               {get, 1},
	"ask":               {ask, 2},
	"look-up":           {lookUp, 2},
	"fail":              {fail, 2},
}

func main() {
	if len(os.Args) == 1 {
		check(wait())
		return
	}
	program, isOne := programs[os.Args[1]]
	if !isOne || len(os.Args)-2 < program.arguments {
		check(errUsage)
	}
	check(program.run(os.Args[2:]))
}

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
	"syscall"
	"time"
)

const (
	deadline       = 5 * time.Second
	lookUpDeadline = 500 * time.Millisecond // what is sent before there is a server is lost
)

var errUsage = errors.New("usage: app [write FILE TEXT | read FILE | print NAME... | serve ADDRESS TEXT | " +
	"get URL | look-up SERVER NAME | fail FILE TEXT]")

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
	"write":   {write, 2},
	"read":    {read, 1},
	"print":   {print, 1},
	"serve":   {serve, 2},
	"get":     {get, 1},
	"look-up": {lookUp, 2},
	"fail":    {fail, 2},
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

// SPDX-License-Identifier: Apache-2.0

// Seals and opens across with hpke_tool, by Go's crypto/hpke.
//
// usage: go run . HPKE_TOOL
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"strings"
)

const (
	rounds   = 200
	infoMax  = 64
	plainMax = 2000
	refused  = "refused: altered, or sealed to another key"
)

// A tool is a running hpke_tool.
type tool struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func start(path string) (*tool, error) {
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &tool{command, in, bufio.NewReader(out)}, command.Start()
}

func (t *tool) ask(verb string, arguments ...[]byte) (string, error) {
	line := verb
	for _, argument := range arguments {
		if len(argument) == 0 {
			line += " -"
		} else {
			line += " " + hex.EncodeToString(argument)
		}
	}
	if _, err := io.WriteString(t.in, line+"\n"); err != nil {
		return "", err
	}
	answer, err := t.out.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (t *tool) askBytes(verb string, arguments ...[]byte) ([]byte, error) {
	answer, err := t.ask(verb, arguments...)
	if err != nil || answer == "-" {
		return nil, err
	}
	return hex.DecodeString(answer)
}

func (t *tool) close() error {
	if err := t.in.Close(); err != nil {
		return err
	}
	return t.command.Wait()
}

func randomBelow(limit int) int {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err)
	}
	return int(number.Int64())
}

func randomBytes(limit int) []byte {
	out := make([]byte, randomBelow(limit))
	rand.Read(out)
	return out
}

func altered(box []byte) []byte {
	out := bytes.Clone(box)
	out[randomBelow(len(out))] ^= 1 << randomBelow(8)
	return out
}

// theirs: hpke_tool seals, Go opens.
func theirs(t *tool, key *ecdh.PrivateKey, info, plain []byte) error {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return err
	}
	box, err := t.askBytes("seal", key.PublicKey().Bytes(), info, plain)
	if err != nil {
		return err
	}
	got, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, box)
	if err != nil {
		return fmt.Errorf("opening what hpke_tool sealed: %w", err)
	}
	if !bytes.Equal(got, plain) {
		return fmt.Errorf("read another text from hpke_tool")
	}
	if _, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info,
		altered(box)); err == nil {
		return fmt.Errorf("opened an altered box")
	}
	return nil
}

// ours: Go seals, hpke_tool opens.
func ours(t *tool, key *ecdh.PrivateKey, info, plain []byte) error {
	public, err := hpke.NewDHKEMPublicKey(key.PublicKey())
	if err != nil {
		return err
	}
	box, err := hpke.Seal(public, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, plain)
	if err != nil {
		return err
	}
	got, err := t.askBytes("open", key.Bytes(), info, box)
	if err != nil {
		return fmt.Errorf("hpke_tool opening what Go sealed: %w", err)
	}
	if !bytes.Equal(got, plain) {
		return fmt.Errorf("hpke_tool read another text")
	}
	answer, err := t.ask("open", key.Bytes(), info, altered(box))
	if err != nil {
		return err
	}
	if answer != refused {
		return fmt.Errorf("an altered box: hpke_tool said '%s'", answer)
	}
	return nil
}

func run(path string) error {
	t, err := start(path)
	if err != nil {
		return err
	}
	for round := range rounds {
		key, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		info, plain := randomBytes(infoMax+1), randomBytes(plainMax)
		if round == 0 {
			plain = nil
		}
		if err := theirs(t, key, info, plain); err != nil {
			return err
		}
		if err := ours(t, key, info, plain); err != nil {
			return err
		}
	}
	return t.close()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: hpke_go HPKE_TOOL")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "hpke_go:", err)
		os.Exit(1)
	}
	fmt.Printf("hpke: %d boxes each way between hpke_tool and Go's crypto/hpke\n", rounds)
}

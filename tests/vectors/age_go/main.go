// SPDX-License-Identifier: Apache-2.0

// Gives the age project's own test vectors (C2SP's CCTV, as the Go module) to age_tool, one by one. The ones
// that need ML-KEM are named below and left out; all others must end as they say.
//
// usage: go run . AGE_TOOL
package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	agetest "c2sp.org/CCTV/age"
)

const (
	all    = 143
	usable = 131

	hybridIdentity = "AGE-SECRET-KEY-PQ-1"
)

// needMLKEM are for recipients of a kind that age_tool does not have.
var needMLKEM = map[string]bool{
	"armor_hybrid": true, "hybrid": true, "hybrid_and_x25519": true, "hybrid_grease": true,
	"hybrid_multiple_recipients": true, "hybrid_extra_argument": true, "hybrid_identity": true,
	"hybrid_long_file_key": true, "hybrid_long_share": true, "hybrid_low_order": true,
	"hybrid_not_canonical_enc": true, "hybrid_short_share": true,
}

// starts is how age_tool's message begins for each outcome.
var starts = map[string]string{
	header:            "age header: ",
	"HMAC failure":    "age header: MAC does not match",
	armor:             "age armor: ",
	"payload failure": "age payload: ",
	"no match":        "no identity opens it",
}

// notArmor have something in front of the armor, so that age_tool, which is not told what it gets, takes them
// for binary files and refuses those.
var notArmor = map[string]bool{"armor_garbage_leading": true}

const (
	success = "success"
	armor   = "armor failure"
	header  = "header failure"
)

type vector struct {
	expect, payload         string
	identities, passphrases []string
	file                    []byte
}

func inflate(file []byte) ([]byte, error) {
	reader, err := zlib.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

func parse(text []byte) (*vector, error) {
	head, file, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return nil, fmt.Errorf("has no empty line")
	}
	v := &vector{file: file}
	for _, line := range strings.Split(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "expect":
			v.expect = value
		case "payload":
			v.payload = value
		case "identity":
			v.identities = append(v.identities, value)
		case "passphrase":
			v.passphrases = append(v.passphrases, value)
		case "compressed":
			var err error
			if v.file, err = inflate(file); value != "zlib" || err != nil {
				return nil, fmt.Errorf("cannot be decompressed: %v", err)
			}
		case "file key", "armored", "comment":
		default:
			return nil, fmt.Errorf("has an unknown field '%s'", key)
		}
	}
	return v, nil
}

// run gives what age_tool wrote, and its message, "" when it succeeded.
func run(tool string, file []byte, arguments ...string) ([]byte, string, error) {
	command := exec.Command(tool, arguments...)
	var out, said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(file), &out, &said
	err := command.Run()
	message := strings.TrimSuffix(said.String(), "\n")
	if err != nil && (command.ProcessState.ExitCode() != 1 || message == "") {
		return nil, "", fmt.Errorf("age_tool: %w: %s", err, message)
	}
	return out.Bytes(), message, nil
}

// open tries the passphrases first, each by itself, as somebody would who has both.
func (v *vector) open(tool string) ([]byte, string, error) {
	for _, passphrase := range v.passphrases {
		out, message, err := run(tool, v.file, "passphrase", passphrase)
		if err != nil || message != starts["no match"] {
			return out, message, err
		}
	}
	arguments := []string{"decrypt"}
	for _, identity := range v.identities {
		if !strings.HasPrefix(identity, hybridIdentity) {
			arguments = append(arguments, identity)
			continue
		}
		// It must be refused by name; the file is tried without it.
		_, message, err := run(tool, nil, "recipient", identity)
		if err != nil {
			return nil, "", err
		}
		if !strings.HasPrefix(message, "post-quantum identities") {
			return nil, "", fmt.Errorf("a hybrid identity: age_tool said '%s'", message)
		}
	}
	return run(tool, v.file, arguments...)
}

func (v *vector) check(tool string) error {
	out, message, err := v.open(tool)
	if err != nil {
		return err
	}
	if v.expect == success {
		sum := sha256.Sum256(out)
		if message != "" || hex.EncodeToString(sum[:]) != v.payload {
			return fmt.Errorf("must open, age_tool said '%s'", message)
		}
		return nil
	}
	start, known := starts[v.expect]
	if !known {
		return fmt.Errorf("expects '%s', which is not known here", v.expect)
	}
	isMAC := strings.HasPrefix(message, starts["HMAC failure"])
	if !strings.HasPrefix(message, start) || isMAC != (v.expect == "HMAC failure") {
		return fmt.Errorf("must end in '%s', age_tool said '%s'", v.expect, message)
	}
	if len(out) != 0 {
		return fmt.Errorf("age_tool wrote something before it refused")
	}
	return nil
}

// checkAll gives back how many were checked and how many left out.
func checkAll(tool string) (checked, leftOut int, err error) {
	entries, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil {
		return 0, 0, err
	}
	for _, entry := range entries {
		if needMLKEM[entry.Name()] {
			leftOut++
			continue
		}
		text, err := fs.ReadFile(agetest.Vectors, entry.Name())
		if err != nil {
			return 0, 0, err
		}
		v, err := parse(text)
		if err == nil && v.expect == armor && notArmor[entry.Name()] {
			v.expect = header
		}
		if err == nil {
			err = v.check(tool)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		checked++
	}
	return checked, leftOut, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: age_go AGE_TOOL")
		os.Exit(2)
	}
	checked, leftOut, err := checkAll(os.Args[1])
	if err == nil && (checked != usable || leftOut != all-usable) {
		err = fmt.Errorf("%d vectors and %d left out, must be %d and %d", checked, leftOut, usable, all-usable)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "age_go:", err)
		os.Exit(1)
	}
	fmt.Printf("age: %d vectors end as they must; %d need ML-KEM and were left out\n", checked, leftOut)
}

// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"time"
)

const lifetime = 30 * 24 * time.Hour

// As the API server knows itself: its certificate must hold for inside and outside of a cluster, and on a node.
var (
	nodeAddress     = net.IPv4(10, 99, 0, 1)
	serverNames     = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	serverAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1), nodeAddress}
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "certificates:", err)
		os.Exit(1)
	}
}

func have[T any](value T, err error) T {
	must(err)
	return value
}

func writePEM(file, kind string, content []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	must(os.WriteFile(file, text, 0o600))
}

func readPEM(file string) []byte {
	block, _ := pem.Decode(have(os.ReadFile(file)))
	if block == nil {
		must(fmt.Errorf("'%s' is no PEM file", file))
	}
	return block.Bytes
}

func newKey(file string) *ecdsa.PrivateKey {
	key := have(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	writePEM(file, "PRIVATE KEY", have(x509.MarshalPKCS8PrivateKey(key)))
	return key
}

type authority struct {
	certificate *x509.Certificate
	key         crypto.PrivateKey
}

// A certificate for a new key, NAME.crt and NAME.key; without a signer it signs itself.
func (signer *authority) issue(name string, template x509.Certificate) *authority {
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().Add(lifetime)
	key := newKey(name + ".key")
	if signer == nil {
		signer = &authority{&template, key}
	}
	content := have(x509.CreateCertificate(rand.Reader, &template, signer.certificate, key.Public(), signer.key))
	writePEM(name+".crt", "CERTIFICATE", content)
	return &authority{have(x509.ParseCertificate(content)), key}
}

func newAuthority() *authority {
	var none *authority
	return none.issue("ca", x509.Certificate{
		Subject:               pkix.Name{CommonName: "test cluster"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	})
}

func loadAuthority() *authority {
	return &authority{
		have(x509.ParseCertificate(readPEM("ca.crt"))),
		have(x509.ParsePKCS8PrivateKey(readPEM("ca.key"))),
	}
}

func (signer *authority) server() {
	signer.issue("server", x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    serverNames,
		IPAddresses: serverAddresses,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

func (signer *authority) client(file, user string, groups ...string) {
	signer.issue(file, x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// A node's kubelet is a client of the API server, and its server when somebody asks for logs.
func (signer *authority) node(name string) {
	signer.issue(name, x509.Certificate{
		Subject:     pkix.Name{CommonName: "system:node:" + name, Organization: []string{"system:nodes"}},
		DNSNames:    []string{name},
		IPAddresses: []net.IP{nodeAddress},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	})
}

// certificates: all that a cluster needs, in the current folder. certificates USER [GROUP...]: one for
// this user, from the authority there.
func certificates() {
	if len(os.Args) > 1 {
		loadAuthority().client(os.Args[1], os.Args[1], os.Args[2:]...)
		return
	}
	signer := newAuthority()
	signer.server()
	signer.client("admin", "admin", "system:masters")
	for _, server := range []string{"kube-controller-manager", "kube-scheduler", "kube-proxy"} {
		signer.client(server, "system:"+server)
	}
	signer.node("node1")
	tokens := newKey("service-accounts.key")
	writePEM("service-accounts.pub", "PUBLIC KEY", have(x509.MarshalPKIXPublicKey(tokens.Public())))
}

// SPDX-License-Identifier: Apache-2.0
// Package ext is what a product built on Traefik adds to its configuration: here nothing. Traefik has it as a module of
// its own beside its source, which is not published.
package ext

// HTTP is a part of what is configured for HTTP.
type HTTP struct{}

// Router is a part of what is configured for a router.
type Router struct{}

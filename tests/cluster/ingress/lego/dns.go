// SPDX-License-Identifier: Apache-2.0
// Package dns is lego's without its providers, each of which brings the libraries of a service: the tests have
// their certificates from nobody.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName knows none.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("there is no provider '%s' in here", name)
}

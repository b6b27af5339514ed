// SPDX-License-Identifier: Apache-2.0
// metrics-server, with the versions of the modules that kube/ has, so that each package is compiled once.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

func main() {
	os.Exit(cli.Run(app.NewMetricsServerCommand(nil)))
}

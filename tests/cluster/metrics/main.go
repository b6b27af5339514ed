// SPDX-License-Identifier: Apache-2.0
// metrics-server, of the versions of the modules that kube/ has, so that each package is compiled once.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	"sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

func main() {
	os.Exit(cli.Run(app.NewMetricsServerCommand(nil)))
}

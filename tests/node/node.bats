#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# That pods run on the node of tests/cluster/up as they would on a real one, so that the other tests can rely on it.

load common

# web [TYPE]: a deployment of two that answer with their text, and a service for them.
web()
{
	within apply --filename=- <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: web}
		spec:
		  replicas: 2
		  selector: {matchLabels: {app: web}}
		  template:
		    metadata: {labels: {app: web}}
		    spec:
		      terminationGracePeriodSeconds: 1
		      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
		      containers:
		        - name: web
		          image: $IMAGE
		          args: [serve, ':8000', it is served]
		          readinessProbe: {httpGet: {port: 8000}, periodSeconds: 1}
		          securityContext: $restricted
		---
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec:
		  type: ${1:-ClusterIP}
		  selector: {app: web}
		  ports: [{port: 8000}]
	END
	within rollout status deployment/web --timeout=60s
}

@test 'the node is ready, and is of the version that go.mod names' {
	run -0 kubectl get node node1 --output=json
	[ "$(jq -r '.status.conditions[] | select(.type == "Ready").status' <<<"$output")" = True ]
	named=$(sed -n 's|^\tk8s.io/kubernetes ||p' "$here/kube/go.mod")
	[ "$(jq -r .status.nodeInfo.kubeletVersion <<<"$output")" = "$named" ]
	[[ $(jq -r .status.nodeInfo.containerRuntimeVersion <<<"$output") == containerd://* ]]
}

@test 'a pod that keeps to the restricted profile runs, and what it says can be read' {
	pod hello <<-'END'
		containers:
		  - {name: app, image: IMAGE, args: [print, GREETING], env: [{name: GREETING, value: hello}],
		     securityContext: RESTRICTED}
	END
	run -0 await_end hello
	[ "$output" = 'app 0 ' ]
	run -0 within logs hello
	[ "$output" = GREETING=hello ]
}

# What tfsecrets lint calls a finding: with a later kubelet it is the shells alone that it fails.
@test 'the kubelet makes variables of names that no shell can read' {
	within create configmap odd-names --from-literal=database-url=one --from-literal=2.auth=two >/dev/null
	pod odd <<-'END'
		containers:
		  - {name: app, image: IMAGE, args: [print, app-database-url, app-2.auth],
		     envFrom: [{prefix: app-, configMapRef: {name: odd-names}}], securityContext: RESTRICTED}
	END
	run -0 await_end odd
	[ "$output" = 'app 0 ' ]
	run -0 within logs odd
	[ "$output" = $'app-database-url=one\napp-2.auth=two' ]
}

@test 'a pod that does not keep to it is refused' {
	run -1 --separate-stderr pod hello <<-'END'
		containers: [{name: app, image: IMAGE, securityContext: {privileged: true}}]
	END
	[[ $stderr == *'violates PodSecurity "restricted:latest": privileged'* ]]
}

@test 'an init container leaves a file in memory, from which an app has its environment' {
	pod hello 'volumes: [{name: secrets, emptyDir: {medium: Memory, sizeLimit: 1Mi}}]' <<-'END'
		initContainers:
		  - name: inject
		    image: IMAGE
		    args: [write, /secrets/env, "PASSWORD='hunter2'\nUSER='mia'\n"]
		    volumeMounts: [{name: secrets, mountPath: /secrets}]
		    securityContext: RESTRICTED
		containers:
		  - name: app
		    image: IMAGE
		    args: [print, PASSWORD]
		    env: [{name: PASSWORD, valueFrom: {fileKeyRef: {volumeName: secrets, path: env, key: PASSWORD}}}]
		    securityContext: RESTRICTED
		  - name: reader
		    image: IMAGE
		    args: [read, /secrets/env]
		    volumeMounts: [{name: secrets, mountPath: /secrets, readOnly: true}]
		    securityContext: RESTRICTED
	END
	run -0 await_end hello
	[ "$output" = $'inject 0 \napp 0 \nreader 0 ' ]
	run -0 within logs hello --container=app
	[ "$output" = PASSWORD=hunter2 ]
	run -0 within logs hello --container=reader
	[ "$output" = $'PASSWORD=\'hunter2\'\nUSER=\'mia\'' ]
}

@test 'what an init container that fails has to say is in its termination message' {
	pod hello <<-'END'
		initContainers:
		  - {name: inject, image: IMAGE, args: [fail, /dev/termination-log, the pin is wrong],
		     securityContext: RESTRICTED}
		containers: [{name: app, image: IMAGE, securityContext: RESTRICTED}]
	END
	run -0 await_end hello
	[ "$output" = 'inject 3 the pin is wrong' ]
	run -0 within describe pod hello
	[[ $output == *'the pin is wrong'* ]]
}

@test 'an init container that fails and is started again has ended as well' {
	restart=OnFailure pod hello <<-'END'
		initContainers:
		  - {name: inject, image: IMAGE, args: [fail, /dev/termination-log, the pin is wrong],
		     securityContext: RESTRICTED}
		containers: [{name: app, image: IMAGE, securityContext: RESTRICTED}]
	END
	run -0 await_end hello
	[ "$output" = 'inject 3 the pin is wrong' ]
}

@test 'a deployment of two is rolled out, and again' {
	web
	run -0 within get pods --selector=app=web --output='jsonpath={.items[*].status.phase}'
	[ "$output" = 'Running Running' ]
	before=$(within get replicasets --selector=app=web --output=name)
	within rollout restart deployment/web
	within rollout status deployment/web --timeout=60s
	run -0 within get replicasets --selector=app=web --output=name
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"$before"* ]]
}

@test 'a service is found by its name' {
	web
	# What the node's proxy and CoreDNS learn a moment after the deployment is there.
	address=$(within get service web --output='jsonpath={.spec.clusterIP}')
	eventually enter app look-up 10.0.0.10:53 "web.$namespace.svc.cluster.local" >/dev/null
	eventually enter app get "http://$address:8000/" >/dev/null
	pod client <<-END
		containers:
		  - {name: short, image: IMAGE, args: [get, 'http://web:8000/'], securityContext: RESTRICTED}
		  - {name: long, image: IMAGE, args: [get, 'http://web.$namespace.svc.cluster.local:8000/'],
		     securityContext: RESTRICTED}
		  - {name: none, image: IMAGE, args: [get, 'http://no-such.$namespace.svc.cluster.local:8000/'],
		     securityContext: RESTRICTED}
	END
	run -0 await_end client
	[ "$output" = $'long 0 \nnone 1 \nshort 0 ' ] || { echo "$output"; return 1; }
	for container in short long; do
		run -0 within logs client --container=$container
		[ "$output" = 'it is served' ]
	done
	run -0 within logs client --container=none
	[[ $output == *'no such host'* ]]
}

@test 'a pod finds the API server' {
	pod client <<-'END'
		containers:
		  - {name: app, image: IMAGE, args: [get, 'https://kubernetes.default.svc/'], securityContext: RESTRICTED}
	END
	run -0 await_end client
	run -0 within logs client
	[[ $output == *'certificate signed by unknown authority'* ]] # that it has not been given
}

@test 'a service has a port of the node' {
	web NodePort
	port=$(within get service web --output='jsonpath={.spec.ports[0].nodePort}')
	run -0 eventually enter app get "http://10.99.0.1:$port/"
	[ "$output" = 'it is served' ]
}

@test 'an image from an archive is run' {
	cp "$BUILD/cluster/app" "$BATS_TEST_TMPDIR/other"
	"$here/image" localhost/other:2 "$BATS_TEST_TMPDIR/other" "$BATS_TEST_TMPDIR/archive"
	run -0 "$here/load" "$CLUSTER" "$BATS_TEST_TMPDIR/archive"
	[[ $output == *localhost/other:2* ]]
	IMAGE=localhost/other:2 pod other <<-'END'
		containers: [{name: app, image: IMAGE, command: [/other, print, PATH], securityContext: RESTRICTED}]
	END
	run -0 await_end other
	[ "$output" = 'app 0 ' ]
}

# Else each that both use is compiled twice.
@test 'CoreDNS and Kubernetes agree on the version of every module' {
	modules() { sed -nE 's/^(require )?\t?([^ ]+\.[^ ]+) (v[^ ]+).*/\2 \3/p' "$here/$1/go.mod" | sort; }
	run -0 join <(modules dns) <(modules kube)
	[ "${#lines[@]}" -gt 50 ]
	run -0 awk '$2 != $3' <<<"$output"
	[ -z "$output" ]
}

@test 'the archive of an image is the same each time' {
	"$here/image" "$IMAGE" "$BUILD/cluster/app" "$BATS_TEST_TMPDIR/archive"
	cmp "$BATS_TEST_TMPDIR/archive" "$BUILD/cluster/app.tar"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A change under load: somebody asks a workload all the time while tfsecrets changes, adds and takes away what it has
# in its environment, and restarts it. No request is lost, and none is answered without a key.
#
# That no request is lost is for a good part the workload's own doing, whatever restarts it. This one has what it takes:
# readiness probe and maxUnavailable 0 (a pod that is not ready takes nobody's place), and a preStop that waits until no
# node sends anything to the pod any more, since that is learnt after its end has begun.

load common

# In the network of the node.
tfsecrets()
{
	enter "$TFSECRETS" "$@"
}

setup()
{
	namespace=test-$BATS_TEST_NUMBER
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
	mkdir "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR/project" || return 1
	export HOME=$BATS_TEST_TMPDIR/home XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	cat >tfsecrets.yaml <<-END
		version: 1
		project: shop
		environments:
		  prod: {targets: [{context: $(kubectl config current-context), namespace: $namespace}]}
		settings:
		  LEVEL: {kind: config}
		  PASSWORD: {kind: secret}
		  OLD_TOKEN: {kind: secret}
	END
	printf '%s\n' LEVEL=1 PASSWORD=first-password OLD_TOKEN=old-token >.env
	"$TFSECRETS" -q init --name alice 2>/dev/null
	"$TFSECRETS" -q seal --from .env
	names=LEVEL,PASSWORD,OLD_TOKEN,NEW_TOKEN
}

teardown()
{
	[ -z "${client:-}" ] || kill "$client" 2>/dev/null || true
}

# web KEY...: two that answer with their environment, of which these keys of the Secret are named.
web()
{
	local key named=

	for key; do
		named+=", {name: $key, valueFrom: {secretKeyRef: {name: shop-secrets, key: $key}}}"
	done
	within apply --filename=- <<-END >/dev/null
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: web}
		spec:
		  replicas: 2
		  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
		  selector: {matchLabels: {app: web}}
		  template:
		    metadata: {labels: {app: web}}
		    spec:
		      terminationGracePeriodSeconds: 15
		      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
		      containers:
		        - name: web
		          image: $IMAGE
		          args: [serve-environment, ':8000', ${names//,/, }]
		          envFrom: [{configMapRef: {name: shop-config}}]
		          env: [${named#, }]
		          readinessProbe: {httpGet: {port: 8000}, periodSeconds: 1}
		          lifecycle: {preStop: {sleep: {seconds: 3}}}
		          securityContext: $restricted
		---
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec: {selector: {app: web}, ports: [{port: 8000}]}
	END
	within rollout status deployment/web --timeout=90s >/dev/null
}

# new_pods_only: the old ones have ended, and not only begun to.
new_pods_only()
{
	[ "$(within get pods --selector=app=web --output=name | wc -l)" -eq 2 ]
}

now()
{
	echo "$EPOCHREALTIME"
}

# begins ANSWER: from here on it may be answered so; settles: from here on it is not answered as before any more, and
# both are written down.
begins()
{
	echo "$(now) $1" >>answers
}

settles()
{
	eventually new_pods_only >/dev/null
	now >>settled
	sleep 1 # for some requests that are begun after it
}

# judged: each request has an answer, and one of its time: a pod's of before from the beginning of the change before
# until all of its pods are gone. Prints how many there were of each.
judged()
{
	python3 - <<-'END'
		import collections, sys
		begun = [line.split(" ", 1) for line in open("answers").read().splitlines()]
		settled = [float(line) for line in open("settled")]
		assert len(begun) == len(settled), (begun, settled)
		counts, wrong, after = collections.Counter(), [], collections.Counter()
		for line in open("asked"):
		    began, ended, said = line.rstrip("\n").split(" ", 2)
		    answers = [number for number, (since, answer) in enumerate(begun)
		               if said == "= " + answer and float(ended) >= float(since) and
		               (number + 1 == len(begun) or float(began) <= settled[number + 1])]
		    if not answers:
		        wrong.append(line)
		    for number in answers:
		        counts[number] += 1
		        after[number] += float(began) >= settled[number]
		if wrong:
		    sys.exit(f"{len(wrong)} of {sum(counts.values()) + len(wrong)}: " + "".join(wrong[:10]))
		print(" ".join(f"{counts[number]}/{after[number]}" for number in range(len(begun))))
		assert all(counts[number] and after[number] for number in range(len(begun))), "one was never asked"
	END
}

@test 'a value changes, a key comes, a key goes: no request is lost, and each has the values of its time' {
	tfsecrets -q apply
	web PASSWORD OLD_TOKEN
	address=$(within get service web --output='jsonpath={.spec.clusterIP}')
	eventually enter app get "http://$address:8000/" >/dev/null
	begins 'LEVEL=1 PASSWORD=first-password OLD_TOKEN=old-token NEW_TOKEN'
	now >settled
	"$here/enter" "$CLUSTER" app ask "http://$address:8000/" "$PWD/asked" 3>&- &
	client=$!
	sleep 1

	# Two objects change, and no pod has one of the two alone.
	printf %s second-password | "$TFSECRETS" -q set PASSWORD
	"$TFSECRETS" -q set LEVEL=2
	begins 'LEVEL=2 PASSWORD=second-password OLD_TOKEN=old-token NEW_TOKEN'
	run -0 --separate-stderr tfsecrets apply --restart --wait
	[[ $output == *'deployment.apps/web restarted'* ]]
	settles

	# A key comes; then the workload names it, and no more the old one.
	sed -i 's/^  OLD_TOKEN: .*/&\n  NEW_TOKEN: {kind: secret}/' tfsecrets.yaml
	printf %s new-token | "$TFSECRETS" -q set NEW_TOKEN
	run -0 --separate-stderr tfsecrets apply --restart --wait
	sed -i '/^  OLD_TOKEN: /d' tfsecrets.yaml
	rm tfsecrets/prod/sealed/OLD_TOKEN
	run -4 --separate-stderr tfsecrets apply --restart --wait
	[[ $stderr == *"would lose the key 'OLD_TOKEN', which deployment.apps/web refers to"* ]]
	begins 'LEVEL=2 PASSWORD=second-password OLD_TOKEN NEW_TOKEN=new-token'
	web PASSWORD NEW_TOKEN
	settles

	# The old key goes, and a value changes with it.
	"$TFSECRETS" -q set LEVEL=3
	begins 'LEVEL=3 PASSWORD=second-password OLD_TOKEN NEW_TOKEN=new-token'
	run -0 --separate-stderr tfsecrets apply --restart --wait
	[ "$(within get secret shop-secrets --output=json | jq --raw-output '.data | keys | join(" ")')" = 'NEW_TOKEN PASSWORD' ]
	settles

	kill "$client"
	wait "$client"
	client=
	run -0 judged
	echo "# asked in each state, and when it had settled: $output" >&3
}

@test 'a rollout that fails takes nothing away: --atomic puts all back, and no request is lost' {
	tfsecrets -q apply
	web PASSWORD OLD_TOKEN
	address=$(within get service web --output='jsonpath={.spec.clusterIP}')
	eventually enter app get "http://$address:8000/" >/dev/null
	begins 'LEVEL=1 PASSWORD=first-password OLD_TOKEN=old-token NEW_TOKEN'
	now >settled
	"$here/enter" "$CLUSTER" app ask "http://$address:8000/" "$PWD/asked" 3>&- &
	client=$!
	sleep 1
	# No new pod finds a node.
	kubectl cordon node1 >/dev/null
	printf %s second-password | "$TFSECRETS" -q set PASSWORD
	run -5 --separate-stderr tfsecrets apply --atomic --timeout 5s
	[[ $stderr == *'put back as it was, and restarted: deployment.apps/web is not rolled out'* ]]
	[[ $output == *'secret/shop-secrets put back'* ]]
	kubectl uncordon node1 >/dev/null
	within rollout status deployment/web --timeout=90s >/dev/null
	eventually new_pods_only >/dev/null
	sleep 1
	kill "$client"
	wait "$client"
	client=
	run -0 judged
}

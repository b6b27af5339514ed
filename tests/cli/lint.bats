#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Manifests against the keys that will exist.
load common

# Two environments, of which dev has no SENTRY_DSN; a key that is not the setting's name; a tls pair.
a_linted_project()
{
	cat >tfsecrets.yaml <<-END
		version: 1
		project: taskflow
		environments:
		  dev: {targets: [{context: here, namespace: taskflow-dev}]}
		  prod: {targets: [{context: there, namespace: taskflow}]}
		settings:
		  LOG_LEVEL: {kind: config, default: info}
		  DATABASE_URL: {kind: secret, key: database-url}
		  AUTH_SECRET: {kind: secret}
		  SENTRY_DSN: {kind: secret, optional: true}
	END
	tfsecrets -q init --name alice
	for environment in dev prod; do
		printf x | tfsecrets -q set --env $environment DATABASE_URL
		printf x | tfsecrets -q set --env $environment AUTH_SECRET
	done
	printf x | tfsecrets -q set --env prod SENTRY_DSN
}

# deployment KEY: a Deployment that takes a key of taskflow-secrets.
deployment()
{
	cat <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: web}
		spec:
		  template:
		    spec:
		      containers:
		        - name: web
		          image: web
		          env:
		            - {name: A, valueFrom: {secretKeyRef: {name: taskflow-secrets, key: $1}}}
	END
}

# Takes every key, so that no setting is unused.
everything='
apiVersion: v1
kind: Pod
metadata: {name: all}
spec:
  containers: [{name: all, env: [{name: X, valueFrom: {secretKeyRef: {name: taskflow-secrets, key: SENTRY_DSN, optional: true}}}]}]
  volumes:
    - {name: config, configMap: {name: taskflow-config}}
    - {name: secrets, secret: {secretName: taskflow-secrets}}
'

@test "references that hold are no finding, and nothing is asked of anybody" {
	a_linted_project
	rm -r "$HOME/.config"
	{ deployment database-url && echo --- && echo "$everything"; } >m.yaml
	run -0 --separate-stderr tfsecrets lint --env prod m.yaml
	[ "$output" = 'ok: 4 references of 2 workloads' ]
	[ -z "$stderr" ]
}

@test "a key that the object has not is found with its place, and what was meant" {
	a_linted_project
	deployment DATABASE_ULR >m.yaml
	run -3 --separate-stderr tfsecrets lint --env prod m.yaml
	prints "m.yaml:11:81: Deployment 'web': Secret 'taskflow-secrets' has no key 'DATABASE_ULR'"
	deployment AUTH_SECRTE >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	prints "has no key 'AUTH_SECRTE', did you mean 'AUTH_SECRET'?"
	deployment DATABASE_URL >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	prints "has no key 'DATABASE_URL'; the key of setting 'DATABASE_URL' is 'database-url'"
	deployment LOG_LEVEL >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	prints "has no key 'LOG_LEVEL'; it is in ConfigMap 'taskflow-config'"
	prints "1 finding"
}

@test "every place where a pod takes a key or an object is looked at" {
	a_linted_project
	cat >m.yaml <<-'END'
		apiVersion: v1
		kind: List
		items:
		  - apiVersion: batch/v1
		    kind: CronJob
		    metadata: {name: nightly}
		    spec:
		      jobTemplate:
		        spec:
		          template:
		            spec:
		              initContainers:
		                - name: i
		                  env:
		                    - {name: A, valueFrom: {secretKeyRef: {name: taskflow-secrets, key: no-1}}}
		                    - {name: A, valueFrom: {configMapKeyRef: {name: taskflow-config, key: no-2}}}
		              containers:
		                - name: c
		                  envFrom:
		                    - secretRef: {name: taskflow-secret}
		                    - configMapRef: {name: taskflow-conifg}
		              volumes:
		                - name: v
		                  secret: {secretName: taskflow-secrets, items: [{key: no-3, path: p}]}
		                - name: w
		                  configMap: {name: taskflow-config, items: [{key: no-4, path: p}]}
		                - name: x
		                  projected:
		                    sources:
		                      - secret: {name: taskflow-secrets, items: [{key: no-5, path: p}]}
		                      - configMap: {name: taskflow-config, items: [{key: no-6, path: p}]}
		                - {name: y, csi: {driver: d, nodePublishSecretRef: {name: taskflow-csi-secrets}}}
		                - {name: z, azureFile: {secretName: taskflow-secretsz, shareName: s}}
		              imagePullSecrets: [{name: taskflow-secretz}]
		  - apiVersion: v1
		    kind: Pod
		    metadata: {name: pod}
		    spec:
		      containers: [{name: a}]
		      ephemeralContainers:
		        - {name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: taskflow-secrets, key: no-7}}}]}
		  - apiVersion: v1
		    kind: PodTemplate
		    metadata: {name: t}
		    template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: taskflow-config}}]}]}}
		  - apiVersion: argoproj.io/v1alpha1
		    kind: Rollout
		    metadata: {name: r}
		    spec: {template: {spec: {containers: [{name: c, envFrom: [{configMapRef: {name: taskflow-secrets}}]}]}}}
		  - apiVersion: v1
		    kind: ServiceAccount
		    metadata: {name: sa}
		    imagePullSecrets: [{name: taskflow-secreds}]
		  - apiVersion: networking.k8s.io/v1
		    kind: Ingress
		    metadata: {name: in}
		    spec: {tls: [{secretName: taskflow-screts}]}
	END
	run -3 tfsecrets lint --env prod m.yaml
	for n in 1 3 5 7; do prints "Secret 'taskflow-secrets' has no key 'no-$n'"; done
	for n in 2 4 6; do prints "ConfigMap 'taskflow-config' has no key 'no-$n'"; done
	prints "m.yaml:20:41: CronJob 'nightly': there is no Secret 'taskflow-secret', did you mean 'taskflow-secrets'?"
	prints "there is no ConfigMap 'taskflow-conifg', did you mean 'taskflow-config'?"
	prints "there is no Secret 'taskflow-secretz', did"
	prints "PodTemplate 't': 'taskflow-config' is a ConfigMap, not a Secret"
	prints "Rollout 'r': 'taskflow-secrets' is a Secret, not a ConfigMap"
	prints "ServiceAccount 'sa': there is no Secret 'taskflow-secreds'"
	prints "Ingress 'in': there is no Secret 'taskflow-screts'"
	prints "there is no Secret 'taskflow-secretsz', did"
	prints "note: CronJob 'nightly': Secret 'taskflow-csi-secrets' is not this project's"
	prints "15 findings"
}

@test "a reference that is optional is a note" {
	a_linted_project
	deployment 'nothing, optional: true' >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	prints "m.yaml:11:81: note: Deployment 'web': Secret 'taskflow-secrets' has no key 'nothing'"
}

@test "a key without a value is found in the environments that lack it" {
	a_linted_project
	deployment SENTRY_DSN >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	run -3 tfsecrets lint m.yaml
	prints "key 'SENTRY_DSN' of Secret 'taskflow-secrets' will not be there: 'SENTRY_DSN' has no value in 'dev'"
	printf x | tfsecrets -q set --env dev SENTRY_DSN
	run -0 tfsecrets lint m.yaml
	tfsecrets -q unset --env prod SENTRY_DSN
	tfsecrets -q unset --env dev SENTRY_DSN
	run -3 tfsecrets lint m.yaml
	prints "has no value in 'dev' and 'prod'"
}

@test "what is required and has no value yet will have one" {
	a_linted_project
	rm tfsecrets/prod/sealed/AUTH_SECRET
	deployment AUTH_SECRET >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	prints "ok: 1 reference of 1 workload"
}

@test "a manifest that names a namespace is held against the environments that go there" {
	a_linted_project
	deployment SENTRY_DSN | sed 's/{name: web}$/{name: web, namespace: taskflow}/' >m.yaml
	run -0 tfsecrets lint m.yaml
	sed -i 's/namespace: taskflow/&-dev/' m.yaml
	run -3 tfsecrets lint m.yaml
	prints "has no value in 'dev'"
	sed -i 's/namespace: taskflow-dev/namespace: elsewhere/' m.yaml
	run -0 tfsecrets lint m.yaml
	prints "note: Deployment 'web' is in namespace 'elsewhere', where no target is: not looked at"
}

@test "delivered sealed, there is no Secret" {
	a_linted_project
	sed -i 's/  prod: {/&deliver: sealed, /' tfsecrets.yaml
	deployment AUTH_SECRET >m.yaml
	run -3 tfsecrets lint m.yaml
	prints "Secret 'taskflow-secrets' will not be there: 'prod' is delivered sealed"
	prints '1 finding'
}

@test "delivered sealed, the bundle and the pods' identity are the project's" {
	a_linted_project
	cat >m.yaml <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: p}
		spec:
		  containers: [{name: c}]
		  volumes:
		    - {name: b, configMap: {name: taskflow-prod-sealed}}
		    - {name: i, secret: {secretName: taskflow-prod-identity}}
	END
	run -0 tfsecrets lint --env prod m.yaml
	prints "ConfigMap 'taskflow-prod-sealed' is not this project's"
	prints "Secret 'taskflow-prod-identity' is not this project's"
	prints 'AUTH_SECRET'
	sed -i 's/  prod: {/&deliver: sealed, /' tfsecrets.yaml
	run -0 tfsecrets lint --env prod m.yaml
	[[ $output != *"not this project's"* ]]
	[[ $output != *AUTH_SECRET* ]]
}

@test "an object that the manifests bring themselves is a finding, unless tfsecrets has written it there" {
	a_linted_project
	cat >m.yaml <<-END
		$(deployment AUTH_SECRET)
		---
		apiVersion: v1
		kind: Secret
		metadata: {name: taskflow-secrets}
		---
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: other}
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: p}
		spec: {containers: [{name: c, envFrom: [{configMapRef: {name: other}}]}]}
	END
	run -3 tfsecrets lint --env prod m.yaml
	prints "m.yaml:15:18: Secret 'taskflow-secrets' is in the manifests, and tfsecrets writes it as well"
	prints "1 finding"
	run ! grep -q "'other'" <<<"$output"
	{ deployment AUTH_SECRET && tfsecrets render --env prod; } >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
}

@test "an object of somebody else's is a note; --external quiets it, also one with a near name" {
	a_linted_project
	deployment x | sed 's/taskflow-secrets/postgres/' >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	prints "note: Deployment 'web': Secret 'postgres' is not this project's"
	run -0 tfsecrets lint --env prod --external postgres m.yaml
	run ! grep -q "postgres" <<<"$output"
	deployment x | sed 's/taskflow-secrets/taskflow-secret/' >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	run -0 tfsecrets lint --env prod --external taskflow-secret m.yaml
}

@test "a setting that no workload uses is a note; without workloads there is nothing to say" {
	a_linted_project
	deployment AUTH_SECRET >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	prints "tfsecrets.yaml:8:3: note: no workload uses setting 'DATABASE_URL' (key 'database-url' of Secret 'taskflow-secrets')"
	prints "no workload uses setting 'LOG_LEVEL'"
	run ! grep -q "setting 'AUTH_SECRET'" <<<"$output"
	echo '{kind: Namespace, apiVersion: v1, metadata: {name: x}}' >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	[ "$output" = 'ok: 0 references of 0 workloads' ]
}

# variables SOURCE: a Pod with one element of envFrom.
variables()
{
	cat <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: p}
		spec: {containers: [{name: c, envFrom: [$1]}]}
	END
}

@test "keys that envFrom makes into variables that no shell can read are a finding, unless they are allowed by name" {
	a_linted_project
	sed -i 's/AUTH_SECRET: {/&key: 2.auth, /' tfsecrets.yaml
	variables '{secretRef: {name: taskflow-secrets, optional: true}}' >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	prints "m.yaml:4:60: Pod 'p': envFrom of Secret 'taskflow-secrets' makes '2.auth' and 'database-url', which no shell can read as a variable; take the key by its name, or say --allow-variable"
	prints '1 finding'
	run -3 tfsecrets lint --env prod --allow-variable database-url m.yaml
	prints "makes '2.auth', which"
	run -0 tfsecrets lint --env prod --allow-variable database-url --allow-variable 2.auth m.yaml
	run ! grep -q finding <<<"$output"
	variables '{configMapRef: {name: taskflow-config}}' >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
}

@test "the prefix of envFrom belongs to the variable's name" {
	a_linted_project
	sed -i 's/key: database-url/key: 2nd/' tfsecrets.yaml
	variables '{prefix: APP_, secretRef: {name: taskflow-secrets}}' >m.yaml
	run -0 tfsecrets lint --env prod m.yaml
	variables '{prefix: app-, secretRef: {name: taskflow-secrets}}' >m.yaml
	run -3 tfsecrets lint --env prod --allow-variable 2nd m.yaml
	prints "makes 'app-2nd', 'app-AUTH_SECRET' and 'app-SENTRY_DSN', which"
	run -0 tfsecrets lint --env prod --allow-variable=app-{2nd,AUTH_SECRET,SENTRY_DSN} m.yaml
}

@test "anchors, merge keys, tags, comments and several documents are read as kubectl reads them" {
	a_linted_project
	cat >m.yaml <<-'END'
		# Source: chart/templates/web.yaml
		---
		---
		apiVersion: apps/v1
		kind: StatefulSet
		metadata: &meta {name: !!str db}
		x-env: &ref
		  name: taskflow-secrets
		x-key: &key no-key
		spec:
		  template:
		    metadata: *meta
		    spec:
		      containers:
		        - name: db
		          env:
		            - name: A
		              valueFrom: {secretKeyRef: {<<: *ref, key: *key}}
	END
	run -3 tfsecrets lint --env prod m.yaml
	prints "m.yaml:18:57: StatefulSet 'db': Secret 'taskflow-secrets' has no key 'no-key'"
	prints "1 finding"
}

@test "as JSON" {
	a_linted_project
	{ deployment nothing && echo --- && echo "$everything"; } >m.yaml
	run -3 --separate-stderr tfsecrets lint --env prod -o json m.yaml
	[ "$(jq -c '[.count, .workloads, .references, (.findings | length)]' <<<"$output")" = '[1,2,4,1]' ]
	[ "$(jq -c '.findings[0]' <<<"$output")" = '{"level":"finding","file":"m.yaml","line":11,"column":81,"text":"Deployment '\''web'\'': Secret '\''taskflow-secrets'\'' has no key '\''nothing'\''"}' ]
}

@test "standard input and folders; what is no manifest there is passed over" {
	a_linted_project
	run -3 tfsecrets lint --env prod - <<<"$(deployment nothing)"
	prints '-:11:81: Deployment'
	mkdir -p k/deeper k/.git k/loop
	ln -s .. k/loop/up
	deployment AUTH_SECRET >k/a.yml
	deployment one >k/deeper/b.yaml
	deployment two >k/c.txt
	deployment two >k/.git/d.yaml
	deployment three >e && ln -s ../e k/e.yaml
	echo '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}, "spec": {"containers": [{"envFrom": [{"secretRef": {"name": "taskflow-secretx"}}]}]}}' >k/j.json
	mkfifo k/pipe.yaml
	run -3 tfsecrets lint --env prod k
	prints "k/deeper/b.yaml:11:81: Deployment 'web': Secret 'taskflow-secrets' has no key 'one'"
	prints "k/e.yaml:11:81: Deployment"
	prints "k/j.json:1:"
	prints '3 findings'
}

@test "what cannot be read is told, and nothing else is said" {
	a_linted_project
	run -1 --separate-stderr tfsecrets lint none.yaml
	says "cannot open 'none.yaml': No such file"
	[ -z "$output" ]
	mkdir chart empty
	touch chart/Chart.yaml
	run -2 --separate-stderr tfsecrets lint chart
	says "'chart' is a chart; give what 'helm template' makes of it"
	run -2 --separate-stderr tfsecrets lint empty
	says "'empty' has no *.yaml, *.yml or *.json"
	echo 'name: {{ .Values.name }}-x' >t.yaml
	run -1 --separate-stderr tfsecrets lint t.yaml
	says "t.yaml:1:"
	says "(a template? give what 'helm template' makes of it)"
	run -2 --separate-stderr tfsecrets lint
	says "'lint' needs FILE…"
	deployment AUTH_SECRET >m.yaml
	run -2 --separate-stderr tfsecrets lint --env prd m.yaml
	says "did you mean 'prod'?"
}

@test "a few lines that stand for billions are refused" {
	a_linted_project
	{
		echo 'a0: &a0 ha'
		for i in 1 2 3 4 5 6 7 8 9; do
			p="*a$((i - 1))"
			echo "a$i: &a$i [$p, $p, $p, $p, $p, $p, $p, $p, $p, $p]"
		done
	} >m.yaml
	run -1 --separate-stderr tfsecrets lint m.yaml
	says 'm.yaml:7:10: aliases stand for too much'
}

@test "a hostile name drives no terminal" {
	a_linted_project
	deployment '"\e]0;x\a"' >m.yaml
	run -3 tfsecrets lint --env prod m.yaml
	prints "has no key '?]0;x?'"
	run -3 tfsecrets lint --env prod -o json m.yaml
	prints "has no key '?]0;x?'"
}

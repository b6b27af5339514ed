#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# metrics-server on a real node, and an autoscaler that follows it. What it counts is what the kernel has counted.

load ../node/common

setup_file()
{
	local said

	said=$("$here/node_check" 2>&1) || skip "$said"
	"$here/build" --node --metrics "$BUILD"
	start_cluster --node
	"$here/load" "$CLUSTER" "$BUILD/cluster/metrics-server.tar"
	kubectl apply --filename="$here/metrics.yaml"
}

# A server, and an autoscaler in the form that the chart has. Its process uses next to nothing unless it is asked.
web()
{
	within apply --filename=- >/dev/null <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: web}
		spec:
		  selector: {matchLabels: {app: web}}
		  template:
		    metadata: {labels: {app: web}}
		    spec:
		      terminationGracePeriodSeconds: 1
		      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
		      containers:
		        - name: web
		          image: $IMAGE
		          args: [serve, ":8080", hello]
		          securityContext: $restricted
		          resources: {requests: {cpu: 20m, memory: 16Mi}}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: web}
		spec: {selector: {app: web}, ports: [{port: 8080}]}
		---
		apiVersion: autoscaling/v2
		kind: HorizontalPodAutoscaler
		metadata: {name: web}
		spec:
		  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
		  minReplicas: 1
		  maxReplicas: 3
		  metrics:
		    - type: Resource
		      resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
		    - type: Resource
		      resource: {name: memory, target: {type: Utilization, averageUtilization: 500}}
	END
	within rollout status deployment/web >/dev/null
}

# What is asked of the autoscaler at present, in percent of the request, once it knows it.
utilization()
{
	within get hpa web --output=json | jq --exit-status --arg name "$1" '.status.currentMetrics[]? |
		select(.resource.name == $name) | .resource.current.averageUtilization'
}

has_replicas()
{
	[ "$(within get deployment web --output='jsonpath={.status.readyReplicas}')" -gt "$1" ]
}

loaded()
{
	[ "$(utilization cpu)" -gt 50 ] && has_replicas 1
}

@test "the API of metrics is there, and what it says of nodes and pods is more than nothing" {
	eventually kubectl wait --for=condition=Available --timeout=5s apiservice/v1beta1.metrics.k8s.io
	web
	eventually within top pods --no-headers
	run -0 eventually kubectl get --raw "/apis/metrics.k8s.io/v1beta1/namespaces/$namespace/pods"
	run -0 jq --exit-status '.items[0].containers[0].usage.memory | rtrimstr("Ki") | tonumber > 500' <<<"$output"
	run -0 eventually kubectl top node node1 --no-headers
	[[ $output =~ ^node1\ +[1-9][0-9]*m ]]
}

@test "an autoscaler knows CPU and memory, leaves an idle server alone, and adds pods under load" {
	web
	eventually utilization memory
	run -0 eventually utilization cpu
	[ "${lines[-1]}" -lt 50 ]
	run ! has_replicas 1
	address=$(within get service web --output='jsonpath={.spec.clusterIP}')
	enter "$BUILD/venv/bin/python3" -c '
import http.client, sys
while True:
    connection = http.client.HTTPConnection(sys.argv[1], 8080)
    for count in range(1000):
        connection.request("GET", "/")
        connection.getresponse().read()
    connection.close()' "$address" 3>&- &
	load=$!
	export seconds_to_end=120
	run eventually loaded
	kill "$load"
	[ "$status" -eq 0 ]
	run -0 within get events --field-selector=reason=SuccessfulRescale --output='jsonpath={.items[*].message}'
	[[ $output == *"reason: cpu resource utilization (percentage of request) above target"* ]]
}

@test "who may not read the kubelet's metrics is refused by the kubelet" {
	"$here/user" "$CLUSTER" nobody
	run ! as nobody kubectl get --raw /api/v1/nodes/node1/proxy/metrics/resource
	within create serviceaccount nobody >/dev/null
	token=$(within create token nobody)
	run -0 enter curl --silent --insecure --header "Authorization: Bearer $token" \
		https://10.99.0.1:10250/metrics/resource
	[[ $output == "Forbidden (user=system:serviceaccount:$namespace:nobody, "* ]]
}

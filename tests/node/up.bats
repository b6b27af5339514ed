#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# That a node leaves nothing on the machine, and that nodes know nothing of each other.

load common

setup_file()
{
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir "$HOME"
}

setup()
{
	export CLUSTER=$BATS_TEST_TMPDIR/cluster KUBECONFIG=$BATS_TEST_TMPDIR/cluster/kubeconfig
}

teardown()
{
	for lock in "$BATS_TEST_TMPDIR"/*/lock; do
		[ ! -e "$lock" ] || "$here/down" "${lock%/lock}"
	done
	[ -z "${hidden:-}" ] || rm -r "$hidden"
}

teardown_file()
{
	true
}

up()
{
	"$here/up" --node "$1" "$BUILD" 3>&-
}

# What of the machine a node could change. Folders are listed as far as Kubernetes, containerd and the network
# plugins are at home in them.
machine()
{
	cat /proc/self/mounts
	ls /sys/class/net
	find /run /var/run/ /var/log /var/lib /opt /etc/cni /usr/libexec /sys/fs/cgroup 2>/dev/null |
		grep -E 'kube|containerd|cni|netns|runc|/pods|/containers|/sandboxes' | grep -v '^/var/lib/dpkg' |
		grep -v /tfsecrets- | sort
	head -n 1 /proc/sys/vm/{overcommit_memory,panic_on_oom} /proc/sys/kernel/{panic,panic_on_oops} \
		/proc/sys/kernel/keys/root_max{keys,bytes} /proc/sys/net/ipv4/ip_forward \
		/proc/sys/net/netfilter/nf_conntrack_{max,tcp_timeout_established,tcp_timeout_close_wait} 2>/dev/null || true
}

# pids CLUSTER: the processes in its network or its namespace of processes.
pids()
{
	local network processes

	read -r network processes <"$1.namespaces"
	for entry in /proc/[0-9]*; do
		case "$(readlink "$entry/ns/net") $(readlink "$entry/ns/pid_for_children")" in
		"$network "* | *" $processes") echo "${entry#/proc/}" ;;
		esac
	done
}

remember_namespaces()
{
	local pid

	read -r pid _ <"$1/node.pid"
	echo "$(readlink "/proc/$pid/ns/net") $(readlink "/proc/$pid/ns/pid_for_children")" >"$1.namespaces"
}

# cgroups CLUSTER: those that it has.
cgroups()
{
	find /sys/fs/cgroup -path "*/$(<"$1/cgroup")*" -type d
}

# hello CLUSTER: a pod that goes on.
hello()
{
	local -x CLUSTER=$1 KUBECONFIG=$1/kubeconfig namespace=default

	pod hello <<-'END'
		containers: [{name: app, image: IMAGE, securityContext: RESTRICTED}]
	END
	within wait --for=condition=Ready --timeout=60s pod/hello
}

@test 'nothing of it stays on the machine' {
	machine >"$BATS_TEST_TMPDIR/before"
	run -0 up "$CLUSTER"
	[ "$output" = "cluster in '$CLUSTER' is ready at https://10.99.0.1:6443" ]
	hello "$CLUSTER"
	remember_namespaces "$CLUSTER"
	[ "$(pids "$CLUSTER" | wc -l)" -ge 10 ]
	[ -n "$(cgroups "$CLUSTER")" ]
	# Not while it is there either.
	machine >"$BATS_TEST_TMPDIR/during"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/during"

	"$here/down" "$CLUSTER"
	machine >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(pids "$CLUSTER")" ]
	[ -z "$(cgroups "$CLUSTER")" ]
	[ -z "$(find "$CLUSTER" -name '*.pid')" ]
	rm -r "$CLUSTER"
}

@test 'two at once know nothing of each other, and one ends alone' {
	other=$BATS_TEST_TMPDIR/other
	up "$CLUSTER" &
	up "$other"
	wait $!
	hello "$CLUSTER"
	hello "$other"
	remember_namespaces "$CLUSTER"

	"$here/down" "$CLUSTER"
	[ -z "$(pids "$CLUSTER")" ]
	run -0 env KUBECONFIG="$other/kubeconfig" "$here/enter" "$other" \
		kubectl get pod hello --output='jsonpath={.status.phase}'
	[ "$output" = Running ]
	run -0 cgroups "$other"
	[ -n "$output" ]
}

@test 'down ends what an up that was killed has left' {
	"$here/up" --node "$CLUSTER" "$BUILD" 3>&- &
	until [ -s "$CLUSTER/kubelet.pid" ]; do
		kill -0 $!
		sleep 0.02
	done
	kill -KILL $!
	wait $! || [ $? -eq 137 ]
	remember_namespaces "$CLUSTER"
	[ -n "$(pids "$CLUSTER")" ]

	"$here/down" "$CLUSTER"
	[ -z "$(pids "$CLUSTER")" ]
	[ -z "$(cgroups "$CLUSTER")" ]
}

@test 'an up that is told to end before there are namespaces leaves nothing' {
	"$here/up" --node "$CLUSTER" "$BUILD" 3>&- &
	until [ -s "$CLUSTER/unshare.pid" ]; do
		kill -0 $!
		sleep 0.005
	done
	kill -TERM $!
	wait $! || [ $? -eq 143 ]
	[ -z "$(find "$CLUSTER" -name '*.pid')" ]
	[ -z "$(cgroups "$CLUSTER")" ]
	[ -z "$(pgrep --full "$CLUSTER")" ]
}

@test 'a server that ends ends up, which shows what it said, and nothing stays' {
	run -1 --separate-stderr "$here/up" --node --controllers=no-such "$CLUSTER" "$BUILD" 3>&-
	[[ $stderr == *"the controller manager has ended; the last that '$CLUSTER/kube-controller-manager.log' says:"* ]]
	[[ $stderr == *no-such* ]]
	[ -z "$(find "$CLUSTER" -name '*.pid')" ]
	[ -z "$(cgroups "$CLUSTER")" ]
}

@test 'its folder can be one that is hidden on the node' {
	hidden=$(mktemp --directory /run/tfsecrets-node.XXXXXX)
	ln -s "$hidden" "$CLUSTER"
	up "$CLUSTER"
	hello "$CLUSTER"
}

@test 'where the machine does not allow it, a line says why' {
	run -77 unshare --user "$here/node_check"
	[ "$output" = 'no node can run here: it takes root, for namespaces, mounts and cgroups' ]

	# Root, but in a container that keeps the capabilities from it.
	run -77 setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$here/node_check"
	[[ $output == 'no node can run here: '*': Operation not permitted' ]]
	[ "${#lines[@]}" -eq 1 ]

	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(command -v bash)" "$(command -v realpath)" "$(command -v dirname)" "$(command -v id)" "$BATS_TEST_TMPDIR/bin"
	run -77 env PATH="$BATS_TEST_TMPDIR/bin" "$here/node_check"
	[ "$output" = "no node can run here: there is no 'containerd' (Debian's containerd)" ]

	run -77 unshare --mount bash -c 'umount --recursive --lazy /sys/fs/cgroup && exec "$1" --node "$2" "$3"' \
		bash "$here/up" "$CLUSTER" "$BUILD"
	[ "$output" = 'no node can run here: cgroups cannot be made: no cgroups are mounted' ]
	[ ! -e "$CLUSTER" ]
}

@test 'without a node there is nothing to enter or to load an image into' {
	mkdir "$CLUSTER"
	run -1 --separate-stderr "$here/enter" "$CLUSTER" true
	[ "$stderr" = "enter: there is no node in '$CLUSTER'" ]
	run -1 --separate-stderr "$here/load" "$CLUSTER" "$BUILD/cluster/app.tar"
	[ "$stderr" = "load: there is no node in '$CLUSTER'" ]
}

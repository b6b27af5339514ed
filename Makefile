# SPDX-License-Identifier: Apache-2.0
# Everything is made below $(BUILD). `make help` lists the targets and the variables.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CC := $(if $(filter default,$(origin CC)),cc,$(CC))
AR ?= ar
PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= $(if $(SAN),-O1,-O2) -g
PREFIX ?= /usr/local
BUILD ?= build
SECONDS_EACH ?= 60

# It is deleted as a whole.
ifneq ($(filter $(abspath $(BUILD))/%,$(CURDIR)/)$(word 2,x$(BUILD))$(wildcard $(BUILD)/*.[ch]),)
$(error BUILD must be a folder of its own, without blanks in its name)
endif

# A sanitizer's objects get a folder of their own, below the same $(BUILD).
comma := ,
out := $(BUILD)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
quiet := $(if $(filter-out 0,$(V)),,@)
say = $(if $(quiet),@echo '  $(1)	$(2:$(BUILD)/%=%)')

# Sources

layers := base crypto schemas injector injector/commands injector/repository injector/cluster \
	injector/pod
program_only := injector/main.c crypto/wipe.c
inject_only := injector/pod/main.c
# All that the pod's half is made of: neither tfsecrets.yaml nor git, no library but libsodium.
inject_src := $(filter-out base/yaml% base/json%,$(wildcard base/*.c)) $(filter-out crypto/wipe.c,$(wildcard crypto/*.c)) \
	$(wildcard schemas/type*.c) schemas/json_text.c $(wildcard injector/pod/*.c) \
	$(addprefix injector/,dispatch.c help.c options.c terminal.c version.c) \
	$(addprefix injector/repository/,bundle.c chain.c environment_key.c identity.c lines.c pin.c roster.c \
	roster_rules.c sealed.c value_state.c)
lib_src := $(if $(POD_ONLY),$(filter-out $(inject_only),$(sort $(inject_src))), \
	$(filter-out $(program_only) $(inject_only),$(sort $(wildcard $(layers:%=%/*.c)))))
lib_obj := $(lib_src:%.c=$(out)/%.o)
lib := $(out)/libtfsecrets.a
program := $(out)/tfsecrets
program_obj := $(patsubst %.c,$(out)/%.o,$(wildcard $(program_only)))
inject := $(out)/tfsecrets-inject
inject_obj := $(patsubst %.c,$(out)/%.o,$(sort $(inject_src)))
version_obj := $(out)/injector/version.o

unit_tests := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/unit/test_*.c)))
vector_tools := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/vectors/*.c)))
fuzz_targets := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
cli_tools := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/cli/*.c)))
test_programs := $(unit_tests) $(vector_tools) $(fuzz_targets) $(cli_tools)
fault_shims := $(out)/tests/faults/calls.so $(out)/tests/faults/memory.so
shims := $(fault_shims) $(out)/tests/leak/unwiped.so
test_obj := $(test_programs:%=%.o) $(out)/tests/fuzz/replay.o

# Flags. What asks a tool is asked once, and only when something is compiled: a machine without a
# compiler can still read this file, for `make deps`.

once = $(eval $(1) := $$($(1)_asked))$($(1))
PKGS := libsodium $(if $(POD_ONLY),,libcurl yaml-0.1 libcjson)
pkg_cflags_asked = $(shell $(PKG_CONFIG) --cflags $(PKGS))
pkg_cflags = $(call once,pkg_cflags)

# Only positive forms can be asked for: gcc takes any -Wno-*.
optional_flags := -Wformat-signedness -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines \
	-Wbidi-chars=any,ucn -fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr \
	-fstrict-flex-arrays=3 -fzero-init-padding-bits=all
probed_asked = $(shell for flag in $(optional_flags); do \
	$(CC) -Werror $$flag -c -x c /dev/null -o /dev/null 2>/dev/null && echo $$flag; done)
probed = $(call once,probed)

warn := -Wall -Wextra -Wpedantic -Wformat=2 -Wconversion -Wsign-conversion \
	-Wimplicit-fallthrough -Wshadow -Wvla -Walloca -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes -Wmissing-declarations -Wcast-qual -Wcast-align -Wwrite-strings \
	-Wpointer-arith -Wundef -Wswitch-enum -Wnull-dereference -Wdate-time \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type -Werror=vla $(if $(filter yes,$(WERROR)),-Werror)
harden := -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow \
	-fno-strict-aliasing -fPIE -ffunction-sections -fdata-sections
harden += $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer, \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
link := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed \
	-Wl,--no-copy-dt-needed-entries -Wl,--fatal-warnings $(if $(SAN),-fsanitize=$(SAN))

# Ours first: what the user gives can override it. libcurl is loaded at run time; its headers suffice.
compile = $(CC) -std=c17 -D_GNU_SOURCE -I. -ffile-prefix-map=$(CURDIR)=. $(warn) $(harden) \
	$(probed) $(pkg_cflags) $(CPPFLAGS) $(CFLAGS)
libs = $(shell $(PKG_CONFIG) --libs $(filter-out libcurl,$(PKGS))) $(LDLIBS)
link_program = $(CC) $(harden) $(CFLAGS) $(link) $(LDFLAGS)

# VERSION stands in for git in an archive, where git has put tag or commit into it. Only this
# project's own git is asked, not one that an unpacked archive lies in.
version = $(or $(shell git --git-dir=.git describe --tags --always --dirty 2>/dev/null), \
	$(firstword $(shell grep -v Format VERSION 2>/dev/null)),unknown)

# Program

.PHONY: all lib test-programs FORCE
all: $(program) $(inject)
lib: $(lib)
test-programs: $(program) $(inject) $(test_programs) $(shims)

# $(call keep,FILE,TEXT): FILE changes only when TEXT does.
keep = $(quiet)mkdir -p $(@D); echo '$(2)' | cmp -s - $(1) || echo '$(2)' >$(1)

$(out)/flags: FORCE
	$(call keep,$@,$(compile) $(link))

$(out)/version: FORCE
	$(call keep,$@,$(version))

$(out)/%.o: %.c $(out)/flags
	$(call say,CC,$@)
	$(quiet)mkdir -p $(@D)
	$(quiet)$(compile) $(defines) -MMD -MP -c -o $@ $<

$(version_obj): defines = -DTFSECRETS_VERSION='"$(shell cat $(out)/version)"'
$(version_obj): $(out)/version

# From nothing, so that no member stays of a file that has gone.
$(lib): $(lib_obj)
	$(call say,AR,$@)
	$(quiet)rm -f $@
	$(quiet)$(AR) rcD $@ $(lib_obj)

# The two files of the program export free and realloc, for the libraries' sake.
$(program): $(program_obj) $(lib)
	$(call say,LD,$@)
	$(quiet)$(link_program) -o $@ $(program_obj) $(lib) $(libs)

# Static, from the same objects: what nobody calls is left out, function by function. Under a sanitizer, which
# cannot be static, it is an ordinary program.
relr_asked = $(shell echo 'int main(void) { return 0; }' | $(CC) -x c - -static-pie -fPIE -o /dev/null \
	-Wl,--fatal-warnings $(relr_flag) 2>/dev/null && echo $(relr_flag))
relr_flag := -Wl,-z,pack-relative-relocs
inject_link = $(if $(SAN),$(link),$(link:-pie=-static-pie) $(call once,relr)) -Wl,--gc-sections
inject_libs = $(shell $(PKG_CONFIG) --libs $(if $(SAN),,--static) libsodium) $(LDLIBS)
$(inject): $(inject_obj)
	$(call say,LD,$@)
	$(quiet)$(CC) $(harden) $(CFLAGS) $(inject_link) $(LDFLAGS) -o $@ $(inject_obj) $(inject_libs)

# The image: one file, the same bytes for the same commit.

STRIP ?= strip
SOURCE_DATE_EPOCH ?= $(or $(shell git --git-dir=.git log -1 --format=%ct 2>/dev/null),0)
image := $(out)/tfsecrets-inject.oci.tar $(out)/tfsecrets-inject.spdx.json

$(out)/image/tfsecrets-inject: $(inject)
	$(quiet)mkdir -p $(@D)
	$(quiet)$(STRIP) -o $@ $<

.PHONY: image
image: $(out)/image/tfsecrets-inject $(out)/version
	$(if $(SAN),$(error a sanitizer cannot be linked statically))
	$(call say,IMAGE,$(firstword $(image)))
	$(quiet)CC='$(CC)' SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) python3 injector/pod/image.py $< \
		"$$(cat $(out)/version)" $(image)

# Test programs

# libFuzzer has a main of its own.
fuzz_main := $(if $(findstring fuzzer,$(SAN)),,$(out)/tests/fuzz/replay.o)

$(unit_tests): extra_libs := -lcmocka
$(out)/tests/unit/test_wipe: $(out)/crypto/wipe.o
$(fuzz_targets): extra_libs := $(if $(fuzz_main),,-fsanitize=fuzzer)
$(fuzz_targets): $(fuzz_main)
$(test_programs): %: %.o $(lib)
	$(call say,LD,$@)
	$(quiet)$(link_program) -o $@ $(filter %.o,$^) $(lib) $(extra_libs) $(libs)

# Loaded before the program's libraries, so without a sanitizer and without what they have.
$(fault_shims): tests/faults/fault.c tests/faults/fault.h
$(shims): $(out)/%.so: %.c $(out)/flags
	$(call say,LD,$@)
	$(quiet)mkdir -p $(@D)
	$(quiet)$(CC) -std=c17 -D_GNU_SOURCE -I. $(warn) $(CPPFLAGS) $(CFLAGS) -fPIC -shared \
		-o $@ $(filter %.c,$^)

# Where tests/deps may install something, make starts anew behind it: what was asked of the tools
# before is no longer so.

again := +$(quiet)$(MAKE) --no-print-directory

.PHONY: deps deps-without-node deps-taskflow test test-node test-taskflow arm64 cluster torture demo lint format fuzz bench run-tests run-demo run-format run-fuzz run-bench
deps:
	$(quiet)tests/deps $(BUILD) test node

deps-taskflow:
	$(quiet)tests/deps $(BUILD) test node taskflow

deps-without-node:
	$(quiet)tests/deps $(BUILD) test

test: deps$(if $(filter node,$(or $(SUITES),node)),,-without-node)
	$(again) run-tests

# Pods on a real kubelet; a machine that does not allow it says so.
test-node: deps
	$(again) run-tests SUITES=node

# The example application: its images, its page in a browser, and all of it on a node; a suite of its own, which
# `make test` does not run.
test-taskflow: deps-taskflow
	$(again) run-tests SUITES=taskflow

# Kubernetes, for the suite of this name, which brings it along as well.
cluster: deps-without-node
	$(quiet)tests/cluster/build $(BUILD)
	$(quiet)tests/cluster/charts $(BUILD)

# The pod's half for another machine than this one, and its tests there.
arm64:
	$(quiet)tests/deps $(BUILD) test arm64
	$(again) run-arm64

# Every call is let fail, where `make test` takes a sample of them.
torture: deps-without-node
	$(again) run-tests SUITES='faults wire' FAULTS_FULL=1

lint: deps-without-node
	$(again) run-tests SUITES=lint

format: deps-without-node
	$(again) run-format

demo:
	$(quiet)tests/deps $(BUILD)
	$(again) run-demo

fuzz:
	$(quiet)tests/deps $(BUILD) fuzz
	$(again) run-fuzz CC=$(if $(findstring clang,$(CC)),'$(CC)',clang) \
		SAN=fuzzer-no-link,address,undefined

bench: deps-without-node
	$(again) run-bench

run-tests: test-programs
	$(quiet)FAULTS_FULL=$(FAULTS_FULL) tests/run $(BUILD) $(out) $(SUITES)

run-arm64: $(program) $(out)/tests/cli/bundle
	$(quiet)tests/arm64 $(BUILD) $(program)

run-demo: $(program)
	$(quiet)examples/taskflow/demo $(program) $(BUILD)

run-format:
	$(quiet)tests/lint/format -i

# What the fuzzer finds on its way stays in $(out)/corpus; the committed corpus is only read.
run-fuzz: $(fuzz_targets)
	$(quiet)set -e; for target in $(fuzz_targets); do \
		name=$${target##*/fuzz_}; mkdir -p $(out)/corpus/$$name; \
		$$target -max_total_time=$(SECONDS_EACH) -timeout=10 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(out)/found-$$name- \
			$(out)/corpus/$$name tests/fuzz/corpus/$$name; \
	done

run-bench: $(program) image $(out)/tests/cli/bundle
	$(quiet)bench/run $(BUILD) $(program)
	$(quiet)bench/inject $(BUILD) $(program)
	$(quiet)bench/inject-node $(BUILD) $(program)
	$(quiet)bench/apply $(BUILD) $(program)
	$(quiet)bench/attacks $(BUILD) $(program)

# Installation: below $(DESTDIR)$(PREFIX), from:to pairs.

completions := completion/bash:share/bash-completion/completions/tfsecrets \
	completion/zsh:share/zsh/site-functions/_tfsecrets \
	completion/fish:share/fish/vendor_completions.d/tfsecrets.fish
data := $(completions:%=$(out)/%) \
	$(foreach page,$(wildcard man/*.1),$(page):share/man/man1/$(notdir $(page))) \
	$(foreach page,$(wildcard man/*.5),$(page):share/man/man5/$(notdir $(page))) \
	$(foreach schema,$(wildcard schemas/*.schema.json),$(schema):share/tfsecrets/$(notdir $(schema)))
from = $(firstword $(subst :, ,$(1)))
to = '$(DESTDIR)$(PREFIX)/$(lastword $(subst :, ,$(1)))'

$(out)/completion/%: $(program)
	$(quiet)mkdir -p $(@D)
	$(quiet)$(program) completion $* >$@

define newline


endef

.PHONY: install uninstall clean help
install: $(program) $(inject) $(foreach pair,$(data),$(call from,$(pair)))
	$(quiet)$(INSTALL) -D -m 755 $(program) $(call to,bin/tfsecrets)
	$(quiet)$(INSTALL) -D -m 755 $(inject) $(call to,bin/tfsecrets-inject)
	$(quiet)$(INSTALL) -D -m 755 injector/kubectl_complete-tfsecrets $(call to,bin/kubectl_complete-tfsecrets)
	$(quiet)ln -sfn tfsecrets $(call to,bin/kubectl-tfsecrets)
	$(foreach pair,$(data),$(quiet)$(INSTALL) -D -m 644 $(call from,$(pair)) \
		$(call to,$(pair))$(newline)	)

uninstall:
	$(quiet)rm -f $(foreach name,tfsecrets tfsecrets-inject kubectl-tfsecrets kubectl_complete-tfsecrets, \
			$(call to,bin/$(name))) \
		$(foreach pair,$(data),$(call to,$(pair)))

clean:
	$(quiet)rm -rf $(BUILD)

help:
	@echo 'make              the program, $(program)'
	@echo 'make deps         installs what building and testing need; NO_DEPS=1 only names it'
	@echo 'make test         everything; SUITES="unit cli" for some of it'
	@echo 'make test-node    of these, what runs pods on a real node; as root'
	@echo 'make test-taskflow  the example application: its images, its page in a browser, all of it on a node; as root'
	@echo 'make cluster      Kubernetes for the tests, which make it themselves where it is missing'
	@echo 'make arm64        the image for arm64, and its tests under qemu'
	@echo 'make torture      every write, read and allocation fails once, every byte to and from a cluster is the last; make test takes a sample'
	@echo 'make demo         a session with an example application, up to a cluster; CONTEXT=NAME: yours'
	@echo 'make lint         formatting, shell scripts, layers, banned functions, hardening'
	@echo 'make format       formats the C sources'
	@echo 'make fuzz         libFuzzer on every parser, SECONDS_EACH=60'
	@echo 'make bench        side by side with other programs'
	@echo 'make image        tfsecrets-inject as an OCI archive and its parts as SPDX, for SOURCE_DATE_EPOCH'
	@echo 'make install      below PREFIX=/usr/local, all of it below DESTDIR; uninstall'
	@echo 'make clean        deletes $(BUILD)'
	@echo
	@echo 'CC CFLAGS CPPFLAGS LDFLAGS LDLIBS PKG_CONFIG are heeded; V=1 shows the commands;'
	@echo 'WERROR=yes: no warnings; SAN=address,undefined: sanitizers; BUILD=build: where all goes'

-include $(lib_obj:.o=.d) $(program_obj:.o=.d) $(inject_obj:.o=.d) $(test_obj:.o=.d)

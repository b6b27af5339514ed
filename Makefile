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

ifneq ($(filter / . ./ .. ../,$(BUILD))$(word 2,x$(BUILD)),)
$(error BUILD must be a folder of its own, without blanks in its name)
endif

# A sanitizer's objects get a folder of their own, below the same $(BUILD).
comma := ,
out := $(BUILD)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
quiet := $(if $(filter-out 0,$(V)),,@)
say = $(if $(quiet),@echo '  $(1)	$(2:$(BUILD)/%=%)')

# Sources

layers := base crypto schemas injector injector/commands injector/repository injector/cluster
program_only := injector/main.c crypto/wipe.c
lib_src := $(filter-out $(program_only),$(sort $(wildcard $(layers:%=%/*.c))))
lib_obj := $(lib_src:%.c=$(out)/%.o)
lib := $(out)/libtfsecrets.a
program := $(out)/tfsecrets
program_obj := $(patsubst %.c,$(out)/%.o,$(wildcard $(program_only)))
version_obj := $(out)/injector/commands/version.o

unit_tests := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/unit/test_*.c)))
vector_tools := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/vectors/*.c)))
fuzz_targets := $(patsubst %.c,$(out)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
test_programs := $(unit_tests) $(vector_tools) $(fuzz_targets)
test_obj := $(test_programs:%=%.o) $(out)/tests/fuzz/replay.o

# Flags. What asks a tool is asked once, and only when something is compiled: a machine without a
# compiler can still read this file, for `make deps`.

once = $(eval $(1) := $$($(1)_asked))$($(1))
PKGS := libsodium libcurl yaml-0.1 libcjson
pkg_cflags_asked = $(shell $(PKG_CONFIG) --cflags $(PKGS))
pkg_cflags = $(call once,pkg_cflags)

# Only positive forms can be asked for: gcc takes any -Wno-*.
optional_flags := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines \
	-Wbidi-chars=any,ucn -fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr \
	-fstrict-flex-arrays=3 -fzero-init-padding-bits=all
probed_asked = $(shell for flag in $(optional_flags); do \
	$(CC) -Werror $$flag -c -x c /dev/null -o /dev/null 2>/dev/null && echo $$flag; done)
probed = $(call once,probed)

warn := -Wall -Wextra -Wpedantic -Wformat=2 -Wformat-signedness -Wconversion -Wsign-conversion \
	-Wimplicit-fallthrough -Wshadow -Wvla -Walloca -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes -Wmissing-declarations -Wcast-qual -Wcast-align -Wwrite-strings \
	-Wpointer-arith -Wundef -Wswitch-enum -Wnull-dereference -Wdate-time \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type -Werror=vla $(if $(filter yes,$(WERROR)),-Werror)
harden := -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow \
	-fno-strict-aliasing -fPIE
harden += $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer, \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
link := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed \
	-Wl,--no-copy-dt-needed-entries -Wl,--fatal-warnings $(if $(SAN),-fsanitize=$(SAN))

# Ours first: what the user gives can override it. libcurl is loaded at run time; its headers suffice.
compile = $(CC) -std=c17 -D_GNU_SOURCE -I. -ffile-prefix-map=$(CURDIR)=. $(warn) $(harden) \
	$(probed) $(pkg_cflags) $(CPPFLAGS) $(CFLAGS)
libs = $(shell $(PKG_CONFIG) --libs $(filter-out libcurl,$(PKGS))) $(LDLIBS)
link_program = $(CC) $(harden) $(CFLAGS) $(link) $(LDFLAGS)

# VERSION stands in for git in an archive, where git has put the name of the commit into it.
version = $(or $(shell git describe --tags --always --dirty 2>/dev/null), \
	$(shell grep -v Format VERSION 2>/dev/null),unknown)

# Program

.PHONY: all lib test-programs FORCE
all: $(program)
lib: $(lib)
test-programs: $(program) $(test_programs)

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

# Test programs

$(unit_tests): extra_libs := -lcmocka
$(fuzz_targets): $(out)/tests/fuzz/replay.o
$(test_programs): %: %.o $(lib)
	$(call say,LD,$@)
	$(quiet)$(link_program) -o $@ $(filter %.o,$^) $(lib) $(extra_libs) $(libs)

-include $(lib_obj:.o=.d) $(program_obj:.o=.d) $(test_obj:.o=.d)

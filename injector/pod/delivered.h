/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivered: a bundle as it arrives in a pod, read once and verified: the chain from the pinned roster on, the
 * settings, every sealed value, then the environment's key. Pin and environment come from the pod's spec, never from
 * the bundle. crypto/FORMAT.md sections 5 and 7.
 */
#ifndef POD_DELIVERED_H
#define POD_DELIVERED_H

#include "injector/repository/bundle.h"
#include "injector/repository/environment_key.h"
#include "injector/repository/pin.h"

/* Where it comes from and what it is held to. Borrowed. */
struct delivery_order {
	const char *environment;
	const char *from;     /* the directory that the bundle is mounted on */
	const char *identity; /* a file */
	struct pin pin;
};

struct delivered {
	struct bundle bundle;
	struct bundle_settings settings;
	struct chain chain;
	const struct roster_environment *environment;
	bool *has; /* as settings.items: whether there is a value */
	struct environment_key key;
};

#define DELIVERED_INIT                                                                             \
	{                                                                                          \
		.bundle = BUNDLE_INIT, .settings = BUNDLE_SETTINGS_INIT, .chain = CHAIN_INIT       \
	}

/* All of it, or nothing: every value that is there is valid, and every required secret is there. The caller
 * clears. ERROR_REFUSED; ERROR_FAILED, ERROR_MISSING: files. */
int delivered_read(const struct delivery_order *order, struct delivered *ret, struct error *err)
	__attribute__((warn_unused_result));
void delivered_clear(struct delivered *delivered);

/* Whether the setting has a value here. */
bool delivered_has(const struct delivered *delivered, size_t setting);
/* Opens a value that is there and checks its type. The caller clears. ERROR_REFUSED "opening 'NAME': …". */
int delivered_open(const struct delivered *delivered, size_t setting, struct secret *ret,
		   struct error *err) __attribute__((warn_unused_result));

#endif

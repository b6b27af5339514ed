/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/pod.h"

int
pod_require(const struct options *options, const char *name, const char **ret, struct error *err)
{
	*ret = option_value(options, name);
	if (*ret != NULL && (*ret)[0] != 0)
		return 0;
	return error_set(err, ERROR_USAGE, "'--%s' must be given", name);
}

int
pod_order(const struct options *options, struct delivery_order *ret, struct error *err)
{
	const char *pin;

	if (pod_require(options, "environment", &ret->environment, err) < 0 ||
	    pod_require(options, "from", &ret->from, err) < 0 ||
	    pod_require(options, "identity", &ret->identity, err) < 0 ||
	    pod_require(options, "pin", &pin, err) < 0)
		return -1;
	if (!text_is_label(bytes_of(ret->environment)))
		return error_set(err, ERROR_USAGE, "'--environment %s' is no environment's name",
				 ret->environment);
	if (!pin_parse(bytes_of(pin), &ret->pin))
		return error_set(err, ERROR_USAGE,
				 "the pin in --pin is not PROJECT-ID:SERIAL:HASH");
	return 0;
}

const char *
pod_lock_note(void)
{
	return secret_is_locked() ? "" : "; memory could not be locked here (RLIMIT_MEMLOCK)";
}

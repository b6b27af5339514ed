/* SPDX-License-Identifier: Apache-2.0 */
/* What one sealed file says and whether it holds. */
#include <string.h>

#include "base/memory.h"
#include "injector/repository/lines.h"
#include "injector/repository/state.h"

void
value_clear(struct value_state *state)
{
	free(state->name);
	free(state->problem);
	*state = (struct value_state){ .status = STATUS_ABSENT };
}

/* NULL, or why the header does not belong where the file stands. */
static const char *
check_place(const struct sealed *sealed, const char *name, const struct roster *roster,
	    const struct roster_environment *environment)
{
	if (strcmp(sealed->project_id, roster->project_id) != 0)
		return "was sealed for another project";
	if (strcmp(sealed->environment, environment->name) != 0)
		return "was sealed for another environment";
	if (strcmp(sealed->setting, name) != 0)
		return "was sealed for another setting";
	if (sealed->epoch > environment->epoch)
		return "is of an epoch that the roster does not know";
	if (sealed->epoch + 1 < environment->epoch)
		return "is of an epoch that ended long ago";
	return NULL;
}

static void
judge(struct bytes text, const struct sealed_parts *parts, const char *file,
      const struct roster *roster, const struct roster_environment *environment,
      struct value_state *state)
{
	const struct member *signer = roster_signer(roster, parts->signature.signer);

	if (!sealed_is_signed(text, parts)) {
		state->status = STATUS_INVALID;
		state->problem = xasprintf("%s: the signature does not verify", file);
	} else if (signer == NULL || !roster_has(roster, &environment->sealers, signer)) {
		state->status = STATUS_PENDING;
		state->problem =
			xasprintf("%s: pending: sealed by %s, who is not a sealer of '%s'", file,
				  signer != NULL ? signer->name : state->sealed.sealed_by,
				  environment->name);
	} else if (state->sealed.epoch != environment->epoch) {
		state->status = STATUS_STALE;
		state->problem = xasprintf(
			"%s: of epoch %u, but '%s' is at %u; reseal it with 'tfsecrets seal'", file,
			state->sealed.epoch, environment->name, environment->epoch);
	} else {
		state->status = state->sealed.unset ? STATUS_UNSET : STATUS_VALID;
	}
}

void
value_verify(struct bytes text, const char *file, const char *name, const struct roster *roster,
	     const struct roster_environment *environment, struct value_state *ret)
{
	struct sealed_parts parts;
	struct error err;
	const char *misplaced;

	ret->problem = NULL;
	sha256_hex(text, ret->hash);
	ret->status = STATUS_INVALID;
	if (sealed_parse(text, file, &ret->sealed, &parts, &err) < 0) {
		if (lines_have_conflict(text))
			ret->problem =
				xasprintf("%s; 'tfsecrets resolve %s --env %s' ends it by one side",
					  err.message, name, environment->name);
		else
			ret->problem = xstrdup(err.message);
		return;
	}
	misplaced = check_place(&ret->sealed, name, roster, environment);
	if (misplaced != NULL)
		ret->problem = xasprintf("%s: %s", file, misplaced);
	else
		judge(text, &parts, file, roster, environment, ret);
}

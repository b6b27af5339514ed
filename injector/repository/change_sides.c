/* SPDX-License-Identifier: Apache-2.0 */
/* A file that follows two: the end of a merge conflict. */
#include "base/memory.h"
#include "injector/repository/change_parts.h"

static const char *const side_names[] = { [SIDE_OURS] = "ours", [SIDE_THEIRS] = "theirs" };

/* Of two sides, what each must be for the file that follows both. */
static int
check_side(const struct change *change, const char *setting, const struct sealed_file *file,
	   enum side side, struct error *err)
{
	if (file->state.status == STATUS_PENDING)
		return change_check_time(&file->state.sealed, err);
	if (file->state.status != STATUS_INVALID)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "%s does not hold: %s; the other side's file stays as it is by 'git "
			 "checkout --%s tfsecrets/%s/sealed/%s'",
			 side_names[side], file->state.problem, side_names[1 - side],
			 change->environment->name, setting);
}

/* Two generations on, so that neither side is taken for the file that it replaces by the other. */
static int
follow_both(const struct change *change, const char *setting, const struct sealed_file sides[SIDES],
	    const struct sealed_file *first, struct succession *ret, struct error *err)
{
	enum { LEAP_MAX = 1000 };
	uint32_t generation = 0;
	int64_t changed_at = 0;

	for (size_t i = 0; i < SIDES; i++) {
		const struct sealed *header = &sides[i].state.sealed;

		if (check_side(change, setting, &sides[i], (enum side)i, err) < 0)
			return -1;
		if (sides[i].state.status == STATUS_ABSENT)
			continue;
		if (header->generation > generation)
			generation = header->generation;
		if (header->changed_at > changed_at)
			changed_at = header->changed_at;
	}
	*ret = (struct succession){ .previous = first->state.hash,
				    .changed = change->roster->epoch,
				    .changed_at = change_time_after(changed_at) };
	if (change_count_on(generation, 2, setting, &ret->generation, err) < 0)
		return -1;
	if (ret->generation - first->state.sealed.generation > LEAP_MAX)
		return error_set(err, ERROR_REFUSED,
				 "'%s': the other side is more than 1000 generations ahead, which "
				 "'tfsecrets check' would refuse",
				 setting);
	return 0;
}

static int
check_pending_side(const struct change *change, const struct sealed_file *file, enum side side,
		   bool may_accept, struct error *err)
{
	if (file->state.status != STATUS_PENDING)
		return 0;
	if (may_accept)
		return change_check_sealer(change, file->state.sealed.setting, err);
	return error_set(err, ERROR_REFUSED, "%s is pending: %s; --accept takes it over",
			 side_names[side], file->state.problem);
}

int
change_resolve(struct change *change, const struct setting *setting,
	       const struct sealed_file sides[static SIDES], enum side taken, bool may_accept,
	       struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const struct sealed_file *file = &sides[taken];
	bool is_there = file->state.status != STATUS_ABSENT;
	bool unset = !is_there || file->state.sealed.unset;
	struct succession succession;
	struct bytes bytes;

	if (follow_both(change, setting->name, sides, is_there ? file : &sides[1 - taken],
			&succession, err) < 0 ||
	    check_pending_side(change, file, taken, may_accept, err) < 0 ||
	    (!unset && change_open(change, file, &value, err) < 0))
		return -1;
	bytes = secret_bytes(&value);
	if (!unset && change_check_value(setting, bytes, err) < 0)
		return -1;
	if (is_there)
		succession.changed = file->state.sealed.changed;
	return change_seal(change, setting->name, &succession, unset ? NULL : &bytes, err);
}

int
change_resolve_with(struct change *change, const struct setting *setting,
		    const struct sealed_file sides[static SIDES], struct bytes value,
		    struct error *err)
{
	const struct sealed_file *first =
		&sides[sides[SIDE_OURS].state.status != STATUS_ABSENT ? SIDE_OURS : SIDE_THEIRS];
	struct succession succession;

	if (change_check_value(setting, value, err) < 0 ||
	    follow_both(change, setting->name, sides, first, &succession, err) < 0)
		return -1;
	/* A value that was there before is as well known as it was. */
	for (size_t i = 0; i < SIDES; i++) {
		uint32_t changed = sides[i].state.sealed.changed;

		if (changed < succession.changed && change_holds(change, &sides[i], value))
			succession.changed = changed;
	}
	return change_seal(change, setting->name, &succession, &value, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rendering: what `render` does besides printing: it writes a file for each object, and stands in the pipes of Helm (a
 * post-renderer) and kustomize (a KRM function). */
#ifndef INJECTOR_RENDERING_H
#define INJECTOR_RENDERING_H

#include "injector/cluster/annotate.h"
#include "injector/cluster/manifest.h"
#include "injector/invocation.h"

enum render_form { RENDER_OBJECTS, RENDER_POST_RENDERER, RENDER_KRM_FUNCTION };

/* What comes in on standard input, for the forms that take it. */
struct render_input {
	enum render_form form;
	struct buf source;
	struct yaml_documents documents;
	struct consumers workloads;
	const char *environment, *directory; /* of a functionConfig; borrowed, or NULL */
};

#define RENDER_INPUT_INIT                                                                          \
	{                                                                                          \
		.form = RENDER_OBJECTS, .source = BUF_INIT(YAML_LAX_SOURCE_MAX),                   \
		.documents = YAML_DOCUMENTS_INIT, .workloads = CONSUMERS_INIT                      \
	}

/* What is to be written, verified; with reveal it has been opened once. */
struct rendering {
	const struct value_source *source;
	const struct kube_objects *all;	    /* what workloads may use */
	const struct kube_objects *written; /* those of them that are written out */
	enum manifest_format format;	    /* of files */
};

/* Reads standard input where the form takes it. The caller clears. */
int render_input_read(enum render_form form, struct render_input *ret, struct error *err)
	__attribute__((warn_unused_result));
void render_input_clear(struct render_input *input);
/* The input with annotations and objects in it, on standard output. */
int render_filtered(const struct rendering *rendering, const struct render_input *input,
		    struct error *err) __attribute__((warn_unused_result));

/* One file an object, KIND-NAME.yaml; files of the same project and environment that are none of these go. */
int render_files(const struct rendering *rendering, const char *directory, struct error *err)
	__attribute__((warn_unused_result));

#endif

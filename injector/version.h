/* SPDX-License-Identifier: Apache-2.0 */
/* version: what git calls the commit that this was built from, or the tag; "unknown" without both. */
#ifndef INJECTOR_VERSION_H
#define INJECTOR_VERSION_H

extern const char program_version[];

#endif

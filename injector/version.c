/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/version.h"

#ifndef TFSECRETS_VERSION
#define TFSECRETS_VERSION "unknown"
#endif

const char program_version[] = TFSECRETS_VERSION;

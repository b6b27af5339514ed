# SPDX-License-Identifier: Apache-2.0
"""TaskFlow's backend: accounts, tasks and an assistant, on PostgreSQL."""

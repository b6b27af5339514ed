// SPDX-License-Identifier: Apache-2.0
export function Mark() {
  return (
    <span className="mark">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <path d="M9 16.5l5 5 9.5-11" />
      </svg>
      TaskFlow
    </span>
  );
}

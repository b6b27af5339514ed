// SPDX-License-Identifier: Apache-2.0
// The process answers: for nothing else should it be killed.
export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ status: "ok" });
}

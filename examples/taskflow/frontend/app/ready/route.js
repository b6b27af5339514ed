// SPDX-License-Identifier: Apache-2.0
// Requests may be sent here. The backend has a probe of its own: were it asked here, all of the frontend would
// go with it, and no one would be left to say so.
export const dynamic = "force-dynamic";

export function GET() {
  const stopping = Boolean(globalThis.stopping);
  return Response.json({ status: stopping ? "stopping" : "ok" }, { status: stopping ? 503 : 200 });
}
